/**
 * Devices and the memory on them: {@link dev.lathe.device.Device} is one open backend, {@link
 * dev.lathe.device.Tensor} an owner of its memory, {@link dev.lathe.device.Scope} closes what was
 * allocated in it.
 */
package dev.lathe.device;
