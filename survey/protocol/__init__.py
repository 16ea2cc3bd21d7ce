"""The pure core: a study's workbook as frozen values. Knows no framework and no database."""
