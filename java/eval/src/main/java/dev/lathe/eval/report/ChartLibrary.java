package dev.lathe.eval.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * The library that draws charts, as its web jar brings it.
 *
 * @param name its name
 * @param version its version
 * @param licence its licence
 * @param notice the notice that goes with copies of it
 * @param script the library itself, for browsers
 */
public record ChartLibrary(
        String name, String version, String licence, String notice, String script) {
    private static final String JAR = "/META-INF/maven/org.mvnpm/echarts/pom.properties";

    /**
     * Reads Apache ECharts from the class path.
     *
     * @return the library
     * @throws UncheckedIOException if it is not there
     */
    public static ChartLibrary echarts() {
        Properties properties = new Properties();
        try (InputStream in = open(JAR)) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String version = properties.getProperty("version");
        String folder = "/META-INF/resources/_static/echarts/" + version + "/";
        return new ChartLibrary(
                "Apache ECharts",
                version,
                "Apache-2.0",
                read(folder + "NOTICE"),
                read(folder + "dist/echarts.min.js"));
    }

    static String read(String resource) {
        try (InputStream in = open(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = ChartLibrary.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException("not on the class path: " + resource);
        }
        return in;
    }
}
