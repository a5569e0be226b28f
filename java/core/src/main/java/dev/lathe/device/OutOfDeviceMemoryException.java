package dev.lathe.device;

import dev.lathe.LatheException;

/** A device, or the budget of its memory, has no room for what an operation needs. */
public final class OutOfDeviceMemoryException extends LatheException {
    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message operation, sizes, device and budget
     * @param cause what the native part threw
     */
    public OutOfDeviceMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
