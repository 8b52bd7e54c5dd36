package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Questionnaire;

/**
 * The HL7 validator as one process: takes the folder with what we publish as its argument, then one resource per
 * line on standard input, and answers each with an OperationOutcome on one line. Needs no network.
 */
public class Validator {

    public static void main(String[] args) throws IOException {
        var context = FhirContext.forR4();
        var validator = validator(context, Path.of(args[0]));
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("ready");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var outcome = validator.validateWithResult(line).toOperationOutcome();
            out.println(context.newJsonParser().encodeResourceToString(outcome).replace('\n', ' '));
        }
    }

    static FhirValidator validator(FhirContext context, Path published) throws IOException {
        var known = new PrePopulatedValidationSupport(context);
        var forms = new HashMap<String, IBaseResource>();
        try (var files = Files.newDirectoryStream(published, "*.json")) {
            for (Path file : files) {
                var resource = context.newJsonParser().parseResource(Files.readString(file));
                known.addResource(resource);
                if (resource instanceof Questionnaire form) {
                    forms.put(form.getUrl(), form);
                    forms.put(form.getUrl() + "|" + form.getVersion(), form);
                }
            }
        }
        var chain = new ValidationSupportChain(
                questionnaires(context, forms),
                known,
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context));
        var module = new FhirInstanceValidator(chain);
        module.setAnyExtensionsAllowed(true);
        return context.newValidator().registerValidatorModule(module);
    }

    /** The prepared support does not answer for Questionnaires; without this, every response would pass unchecked. */
    static IValidationSupport questionnaires(FhirContext context, Map<String, IBaseResource> forms) {
        return new IValidationSupport() {
            @Override
            public FhirContext getFhirContext() {
                return context;
            }

            @Override
            @SuppressWarnings("unchecked")
            public <T extends IBaseResource> T fetchResource(Class<T> type, String url) {
                var found = forms.get(url);
                return found != null && (type == null || type.isInstance(found)) ? (T) found : null;
            }
        };
    }
}
