package dev.lathe.eval;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.Architectures;

/** The arrows between packages that ARCHITECTURE.md draws. */
@AnalyzeClasses(packages = "dev.lathe", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.lathe.eval.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule layers =
            Architectures.layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("core")
                    .definedBy(
                            "dev.lathe.device..",
                            "dev.lathe.checkpoint..",
                            "dev.lathe.tokenizer..",
                            "dev.lathe.calibrate..",
                            "dev.lathe.model..",
                            "dev.lathe.compress..",
                            "dev.lathe.measure..")
                    .layer("extract")
                    .definedBy("dev.lathe.eval.extract..")
                    .layer("task")
                    .definedBy("dev.lathe.eval.task..")
                    .layer("engine")
                    .definedBy("dev.lathe.eval.engine..")
                    .layer("engines")
                    .definedBy("dev.lathe.eval.engines..")
                    .layer("run")
                    .definedBy("dev.lathe.eval.run..")
                    .layer("traces")
                    .definedBy("dev.lathe.eval.traces..")
                    .layer("judge")
                    .definedBy("dev.lathe.eval.judge..")
                    .layer("statistics")
                    .definedBy("dev.lathe.eval.statistics..")
                    .layer("results")
                    .definedBy("dev.lathe.eval.results..")
                    .layer("report")
                    .definedBy("dev.lathe.eval.report..")
                    .withOptionalLayers(true)
                    .whereLayer("core")
                    .mayNotAccessAnyLayer()
                    .whereLayer("extract")
                    .mayNotAccessAnyLayer()
                    .whereLayer("statistics")
                    .mayNotAccessAnyLayer()
                    .whereLayer("task")
                    .mayOnlyAccessLayers("extract")
                    .whereLayer("engine")
                    .mayOnlyAccessLayers("core", "extract")
                    .whereLayer("engines")
                    .mayOnlyAccessLayers("core", "extract", "engine")
                    .whereLayer("run")
                    .mayOnlyAccessLayers("core", "task", "engine")
                    .whereLayer("traces")
                    .mayOnlyAccessLayers("core", "extract", "engine", "run")
                    .whereLayer("judge")
                    .mayOnlyAccessLayers("extract", "task", "engine", "run")
                    .whereLayer("results")
                    .mayOnlyAccessLayers("extract", "task", "run", "judge", "statistics", "engine")
                    .whereLayer("report")
                    .mayOnlyAccessLayers(
                            "extract", "task", "engine", "run", "judge", "statistics", "results");

    @ArchTest
    static final ArchRule theLibraryDoesNotPrintOrExit =
            ArchRuleDefinition.noClasses()
                    .that()
                    .resideInAPackage("dev.lathe.eval..")
                    .should()
                    .accessField(System.class, "out")
                    .orShould()
                    .accessField(System.class, "err")
                    .orShould()
                    .callMethod(System.class, "exit", int.class);
}
