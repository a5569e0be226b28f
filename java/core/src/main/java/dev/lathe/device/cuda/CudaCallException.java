package dev.lathe.device.cuda;

/** A call of driver or runtime that failed: its name, then the error's name and meaning. */
final class CudaCallException extends Exception {
    private static final long serialVersionUID = 1;

    CudaCallException(String message) {
        super(message);
    }
}
