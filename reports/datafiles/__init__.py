"""Records as data files for statistics programs: CSV, SPSS, Stata. Pure: a matrix and a study's words in, bytes out."""
