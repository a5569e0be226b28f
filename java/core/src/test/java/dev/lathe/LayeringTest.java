package dev.lathe;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;

/** The arrows between packages that ARCHITECTURE.md draws. */
@AnalyzeClasses(packages = "dev.lathe", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.lathe.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule layers =
            layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("native")
                    .definedBy("dev.lathe.nativebackend..")
                    .layer("device")
                    .definedBy("dev.lathe.device..")
                    .layer("checkpoint")
                    .definedBy("dev.lathe.checkpoint..")
                    .layer("tokenizer")
                    .definedBy("dev.lathe.tokenizer..")
                    .layer("model")
                    .definedBy("dev.lathe.model..")
                    .layer("calibrate")
                    .definedBy("dev.lathe.calibrate..")
                    .layer("methods")
                    .definedBy("dev.lathe.prune..", "dev.lathe.quantize..")
                    .layer("measure")
                    .definedBy("dev.lathe.measure..")
                    .layer("compress")
                    .definedBy("dev.lathe.compress..")
                    .withOptionalLayers(true)
                    .whereLayer("native")
                    .mayOnlyBeAccessedByLayers("device")
                    .whereLayer("model")
                    .mayOnlyBeAccessedByLayers("calibrate", "methods", "measure", "compress")
                    .whereLayer("measure")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("compress")
                    .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule theLibraryDoesNotPrintOrExit =
            ArchRuleDefinition.noClasses()
                    .should()
                    .accessField(System.class, "out")
                    .orShould()
                    .accessField(System.class, "err")
                    .orShould()
                    .callMethod(System.class, "exit", int.class);
}
