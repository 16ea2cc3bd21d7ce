"""The codebook of a version, to read and to deposit: what was asked of whom, in which words, under which codes.

Made of the version alone: it holds no answer and no count.
"""
