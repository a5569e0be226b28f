package dev.lathe.compress;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What became of a tensor, as journal and record of a run tell it. Fields that do not apply are
 * null.
 *
 * @param name name in the output
 * @param role what it is for, such as {@code q_proj}
 * @param action {@code copy}, {@code round}, {@code compress} or {@code derive}
 * @param sourceType storage type in the source
 * @param type storage type in the output
 * @param askedType the type asked for, where another took its place
 * @param simulatedType the type whose values were written as floats
 * @param shape outermost dimension first
 * @param bytes bytes in the output
 * @param zeros weights that the mask set to zero
 * @param sparsity zeros divided by weights
 * @param loss Σ ((w − q) / U_jj)², the proxy loss of OBS compression
 * @param calibrationError tr(ΔW H ΔWᵀ) / tr(W H Wᵀ) on the calibration's own Hessian, which
 *     flatters
 * @param damping the λ with which the Hessian was factorised
 * @param shrinkage the share of diag(H) that replaced H
 * @param dampingAttempts 1 where the λ asked for was enough
 * @param deadColumns inputs that were always zero
 * @param device which of several devices compressed it
 * @param sha256 checksum of the bytes in the output
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TensorRecord(
        String name,
        String role,
        String action,
        String sourceType,
        String type,
        String askedType,
        String simulatedType,
        List<Long> shape,
        long bytes,
        Long zeros,
        Double sparsity,
        Double loss,
        Double calibrationError,
        Double damping,
        Double shrinkage,
        Integer dampingAttempts,
        Long deadColumns,
        String device,
        String sha256) {}
