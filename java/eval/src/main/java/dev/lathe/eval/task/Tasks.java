package dev.lathe.eval.task;

import dev.lathe.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
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

    /**
     * Reads the questions of several tasks.
     *
     * @param data the folder that holds their files, or the file of a single task
     * @param names the tasks
     * @param limit at most so many questions of each, spread evenly over it; 0: all
     * @return by task in the order of the names, then by row
     * @throws UsageException if there is no such task, or a file does not exist
     * @throws dev.lathe.DataException if a file is broken
     */
    public static List<Question> questions(Path data, List<String> names, int limit) {
        List<Question> chosen = new ArrayList<>();
        for (String name : names) {
            Task task = named(name);
            if (names.size() > 1 && Files.isRegularFile(data)) {
                throw new UsageException(data + " is a file, and there are several tasks");
            }
            Path file = Files.isRegularFile(data) ? data : data.resolve(task.source().file());
            List<Question> all = task.questions(file);
            int count = limit == 0 ? all.size() : Math.min(limit, all.size());
            for (int i = 0; i < count; i++) {
                chosen.add(all.get((int) ((long) i * all.size() / count)));
            }
        }
        return chosen;
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
