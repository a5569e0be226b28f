package dev.lathe.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeSubstitutionTest {
    /** Types whose blocks can hold a weight of exactly 0 beside others: from their formulas. */
    private static final Set<String> WITH_EXACT_ZERO =
            Set.of(
                    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
                    "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q2_0");

    @ParameterizedTest
    @CsvSource({
        "Q4_K,256,Q4_K",
        "Q2_K,288,Q4_0",
        "Q3_K,288,Q4_0",
        "TQ1_0,288,Q4_0",
        "TQ2_0,288,Q4_0",
        "Q2_0,96,Q4_0",
        "Q4_K,288,Q5_0",
        "Q5_K,288,Q5_1",
        "Q6_K,288,Q8_0",
        "IQ4_XS,288,IQ4_NL",
        "IQ1_S,288,IQ4_NL",
        "IQ2_XXS,288,IQ4_NL",
        "IQ3_S,288,IQ4_NL",
        "MXFP4,96,MXFP4",
        "MXFP4,80,F16",
        "NVFP4,96,F16",
        "Q1_0,192,F16",
        "Q6_K,80,F16"
    })
    void rowsThatDoNotFitTakeAnotherType(String asked, long cols, String stored) {
        assertEquals(stored, TypeSubstitution.fitting(DType.of(asked), cols).name());
    }

    @Test
    void everyWritableTypeHasASubstituteThatCanBeWritten() {
        for (DType type : DType.all()) {
            if (type.encodable()) {
                assertEquals(type, TypeSubstitution.writable(type.name().toLowerCase()));
                assertTrue(TypeSubstitution.fitting(type, 288).encodable(), type.name());
                assertTrue(TypeSubstitution.fitting(type, 7).encodable(), type.name());
            }
        }
    }

    @Test
    void typesThatOnlyReadAreRefusedWithThoseThatWrite() {
        String message =
                assertThrows(UsageException.class, () -> TypeSubstitution.writable("Q8_1"))
                        .getMessage();
        for (String name : List.of("'Q8_1'", "IQ4_XS", "TQ1_0", "MXFP4", "Q2_0")) {
            assertTrue(message.contains(name), message);
        }
    }

    @Test
    void sparsityJoinsTheTypesWithAnExactZero() {
        Set<String> joined =
                DType.all().stream()
                        .filter(type -> type.quantized() && type.encodable() && type.exactZero())
                        .map(DType::name)
                        .collect(Collectors.toSet());
        assertEquals(WITH_EXACT_ZERO, joined);
    }
}
