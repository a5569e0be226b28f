package dev.lathe.nativebackend.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Maps lathe/backend.h, and nothing else, to Java. OpenBLAS and the libraries that it needs are
 * loaded from bytedeco's jar before our own library.
 */
@Properties(
        value =
                @Platform(
                        include = "lathe/backend.h",
                        link = "lathe",
                        preload = {"gcc_s@.1", "quadmath@.0", "gfortran@.5", "openblas@.0"},
                        preloadresource = "/org/bytedeco/openblas/"),
        target = "dev.lathe.nativebackend",
        global = "dev.lathe.nativebackend.global.lathe")
public class lathe implements InfoMapper {
    static {
        // JavaCPP throws where the process holds a few times as much memory as the Java heap may;
        // here tensors are native memory, bounded by plan, and the heap is small on purpose.
        String limit = "org.bytedeco.javacpp.maxPhysicalBytes";
        if (System.getProperty(limit) == null) {
            System.setProperty(limit, "0");
        }
    }

    @Override
    public void map(InfoMap infoMap) {
        infoMap.put(new Info("LATHE_API").cppTypes().annotations());
        // Pointers only: an overload for Java arrays would copy them there and back.
        infoMap.put(new Info("float").valueTypes("float").pointerTypes("FloatPointer"));
        infoMap.put(new Info("double").valueTypes("double").pointerTypes("DoublePointer"));
        infoMap.put(new Info("int32_t").cast().valueTypes("int").pointerTypes("IntPointer"));
        infoMap.put(new Info("uint8_t").cast().valueTypes("byte").pointerTypes("BytePointer"));
    }
}
