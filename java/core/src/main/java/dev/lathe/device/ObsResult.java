package dev.lathe.device;

/**
 * What OBS compression did.
 *
 * @param zeros weights set to zero by the mask
 * @param loss Σ e² with e = (w − q) / U_jj
 */
public record ObsResult(long zeros, double loss) {}
