"""Independent NumPy references, written from the papers.

Letters: W [rows x cols] the weights of a linear layer y = W x, X [tokens x cols] its inputs,
H [cols x cols] = 2 X^T X / tokens, U upper triangular with H^-1 = U^T U.

Each function computes in the `dtype` that it is given (float64 or float32). Where a result becomes
a golden file, only correctly rounded elementwise operations are used, never BLAS or LAPACK, so that
the bytes are the same on every machine.
"""
