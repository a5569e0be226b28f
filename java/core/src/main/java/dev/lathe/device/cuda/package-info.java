/**
 * Whether NVIDIA GPUs can be computed on, with the one reason where they cannot: {@link
 * dev.lathe.device.cuda.Cuda} asks driver and runtime through bytedeco's presets, which need not be
 * there. It opens the runtime libraries, so that Lathe's own CUDA library finds them.
 */
package dev.lathe.device.cuda;
