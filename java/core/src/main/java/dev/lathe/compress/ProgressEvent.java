package dev.lathe.compress;

/** What a compression tells while it runs. */
public sealed interface ProgressEvent {
    /**
     * Work began, or its amount became known.
     *
     * @param total units of work; a unit is a batch through a stage, or a tensor
     */
    record Started(long total) implements ProgressEvent {}

    /**
     * A unit of work is done.
     *
     * @param done units done so far
     * @param what what is being worked on, such as {@code block 3 of 30: down_proj}
     */
    record Advanced(long done, String what) implements ProgressEvent {}

    /**
     * A tensor is finished and in the output.
     *
     * @param tensor what became of it
     */
    record TensorFinished(TensorRecord tensor) implements ProgressEvent {}

    /**
     * Something that the user should know: a type was substituted, damping was raised, a run is
     * taken up again.
     *
     * @param message one line
     */
    record Notice(String message) implements ProgressEvent {}
}
