package dev.lathe.device;

/**
 * How far a computed U with H'⁻¹ = UᵀU may be from the exact one, element by element and to first
 * order in the unit roundoff u.
 *
 * <p>With R = U⁻¹, H' = R Rᵀ. The computed Cholesky factor is the exact one of H' + E with |E| ≤
 * γ_{n+1} |R||Rᵀ| (Higham, Accuracy and Stability, 10.1). If R becomes R + D then D = R · upper(R⁻¹
 * E R⁻ᵀ), and U changes by −U D U: at most by upper(|U||E||Uᵀ|) |U|. Inverting R adds γ_{n+1}
 * |U||R||U| (Higham, 14.1). A factor of 3 allows for blocks that are formed by a product and a
 * solve. With A = |U||R| that is
 *
 * <pre>3 γ_{n+1} (upper(A Aᵀ) + A) |U|</pre>
 */
final class FactorBounds {
    private FactorBounds() {}

    /**
     * The bound [n × n].
     *
     * @param u [n × n], upper triangular
     * @param roundoff unit roundoff, or the sum of those of both sides of a comparison
     */
    static double[] of(int n, double[] u, double roundoff) {
        double[] size = magnitudes(u);
        double[] a = product(n, size, magnitudes(inverseOfUpper(n, u)));
        double[] sum = product(n, a, transposed(n, a));
        double gamma = (n + 1) * roundoff;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                sum[i * n + j] =
                        3 * gamma / (1 - gamma) * (j < i ? 0 : sum[i * n + j] + a[i * n + j]);
            }
        }
        return product(n, sum, size);
    }

    /** Back substitution on the unit matrix, row by row from the last. */
    private static double[] inverseOfUpper(int n, double[] u) {
        double[] inverse = new double[u.length];
        for (int i = n - 1; i >= 0; i--) {
            inverse[i * n + i] = 1;
            for (int k = i + 1; k < n; k++) {
                for (int j = k; j < n; j++) {
                    inverse[i * n + j] -= u[i * n + k] * inverse[k * n + j];
                }
            }
            for (int j = i; j < n; j++) {
                inverse[i * n + j] /= u[i * n + i];
            }
        }
        return inverse;
    }

    private static double[] product(int n, double[] a, double[] b) {
        double[] result = new double[a.length];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                double factor = a[i * n + k];
                for (int j = 0; factor != 0 && j < n; j++) {
                    result[i * n + j] += factor * b[k * n + j];
                }
            }
        }
        return result;
    }

    private static double[] transposed(int n, double[] a) {
        double[] result = new double[a.length];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                result[j * n + i] = a[i * n + j];
            }
        }
        return result;
    }

    private static double[] magnitudes(double[] a) {
        double[] result = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            result[i] = Math.abs(a[i]);
        }
        return result;
    }
}
