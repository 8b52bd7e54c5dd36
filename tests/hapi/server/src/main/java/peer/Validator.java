package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ValidationOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
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
 * The HL7 validator as one process. Arguments: the folder with what we publish, then optionally a folder with the files
 * of a guide, the profiles of it to check against (ids, with commas between) and those to leave out, then CANONICAL=TYPE for each
 * profile that is not there and that is to be taken to have no rules. Takes one resource
 * per line on standard input, with the canonical of a profile and a space before it if it is to be checked against that
 * profile too, and answers each with an OperationOutcome on one line. Needs no network. Ends with an error if a profile
 * of the guide that is checked against, or that such a profile refers to, cannot be loaded.
 */
public class Validator {

    public static void main(String[] args) throws IOException {
        var context = FhirContext.forR4();
        var known = new PrePopulatedValidationSupport(context);
        var forms = new HashMap<String, IBaseResource>();
        load(context, Path.of(args[0]), known, forms);
        if (args.length > 1) {
            var profiles = new Profiles(context, Path.of(args[1]), List.of(args[3].split(",")));
            for (String standIn : List.of(args).subList(4, args.length)) {
                profiles.addStandIn(standIn.split("=")[0], standIn.split("=")[1]);
            }
            profiles.addTo(known, List.of(args[2].split(",")));
        }
        answer(context, validator(context, chain(context, known, forms)));
    }

    static void answer(FhirContext context, FhirValidator validator) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("ready");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var start = line.indexOf('{');
            var options = new ValidationOptions();
            var profile = line.substring(0, start).trim();
            if (!profile.isEmpty()) {
                options.addProfile(profile);
            }
            var outcome = validator.validateWithResult(line.substring(start), options).toOperationOutcome();
            out.println(context.newJsonParser().encodeResourceToString(outcome).replace('\n', ' '));
        }
    }

    static void load(
            FhirContext context, Path folder, PrePopulatedValidationSupport known, Map<String, IBaseResource> forms)
            throws IOException {
        try (var files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                var resource = context.newJsonParser().parseResource(Files.readString(file));
                known.addResource(resource);
                if (resource instanceof Questionnaire form) {
                    forms.put(form.getUrl(), form);
                    forms.put(form.getUrl() + "|" + form.getVersion(), form);
                }
            }
        }
    }

    static ValidationSupportChain chain(
            FhirContext context, PrePopulatedValidationSupport known, Map<String, IBaseResource> forms) {
        return new ValidationSupportChain(
                questionnaires(context, forms),
                known,
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context));
    }

    static FhirValidator validator(FhirContext context, ValidationSupportChain chain) {
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
