package dev.lathe.eval.task;

import dev.lathe.UsageException;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;

/** All tasks that are there. */
public final class Tasks {
    private static final Map<String, Task> BY_NAME = load();

    private Tasks() {}

    /**
     * All tasks, by name.
     *
     * @return in alphabetical order
     */
    public static Collection<Task> all() {
        return BY_NAME.values();
    }

    /**
     * The task of a name.
     *
     * @param name as on the command line
     * @return the task
     * @throws UsageException if there is none
     */
    public static Task named(String name) {
        Task task = BY_NAME.get(name);
        if (task == null) {
            throw new UsageException(
                    "no task " + name + "; there are " + String.join(", ", BY_NAME.keySet()));
        }
        return task;
    }

    private static Map<String, Task> load() {
        Map<String, Task> tasks = new LinkedHashMap<>();
        ServiceLoader.load(Task.class, Task.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Task::name))
                .forEach(task -> tasks.put(task.name(), task));
        return tasks;
    }
}
