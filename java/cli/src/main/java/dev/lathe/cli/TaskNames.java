package dev.lathe.cli;

import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import java.util.Iterator;

/** Names of the tasks, for help and completion. */
final class TaskNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
        return Tasks.all().stream().map(Task::name).iterator();
    }
}
