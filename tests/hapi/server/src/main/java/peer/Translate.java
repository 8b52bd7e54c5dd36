package peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cqframework.cql.cql2elm.CqlCompilerOptions;
import org.cqframework.cql.cql2elm.CqlTranslator;
import org.cqframework.cql.cql2elm.LibraryManager;
import org.cqframework.cql.cql2elm.ModelManager;
import org.cqframework.cql.cql2elm.quick.FhirLibrarySourceProvider;

/** Compiles the CQL library in a file to ELM, as JSON on standard output. Ends with 1 if it has an error. */
public class Translate {

    public static void main(String[] args) throws IOException {
        var options = new CqlCompilerOptions();
        options.getOptions().clear();
        var libraries = new LibraryManager(new ModelManager(), options);
        libraries.getLibrarySourceLoader().registerProvider(new FhirLibrarySourceProvider());
        var translator = CqlTranslator.fromText(Files.readString(Path.of(args[0])), libraries);
        translator.getExceptions().forEach(problem -> System.err.println(problem.getMessage()));
        if (!translator.getErrors().isEmpty()) {
            System.exit(1);
        }
        System.out.println(translator.toJson());
    }
}
