package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.ClinicalImpression;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.QuestionnaireResponse;

/** Runs the steps of the HAPI FHIR client. Arguments: base address, patient, folder with the resources to send. */
public final class ClientSteps {
    private interface Step {
        void run() throws Exception;
    }

    private final IGenericClient client;
    private final FhirContext context = FhirContext.forR4();
    private final String patient;
    private final Path folder;

    private ClientSteps(String base, String patient, Path folder) {
        context.getRestfulClientFactory().setSocketTimeout(60_000);
        this.client = context.newRestfulGenericClient(base);
        this.patient = patient;
        this.folder = folder;
    }

    public static void main(String[] arguments) {
        ClientSteps steps = new ClientSteps(arguments[0], arguments[1], Path.of(arguments[2]));
        report("create", steps::create);
        report("update", steps::update);
        report("sort", steps::sort);
        report("condition", steps::condition);
        report("page", steps::page);
        report("transaction", steps::transaction);
    }

    private static void report(String name, Step step) {
        try {
            step.run();
            System.out.println(name + "=ok");
        } catch (Exception problem) {
            System.out.println(name + "=" + String.valueOf(problem.getMessage()).replace('\n', ' '));
        }
    }

    private static void must(boolean condition, String reason) {
        if (!condition) {
            throw new IllegalStateException(reason);
        }
    }

    private String sent(String name) throws Exception {
        return Files.readString(folder.resolve(name + ".json"));
    }

    private QuestionnaireResponse response(String name) throws Exception {
        return context.newJsonParser().parseResource(QuestionnaireResponse.class, sent(name));
    }

    private void create() throws Exception {
        MethodOutcome outcome = client.create().resource(response("older")).execute();
        must(outcome.getCreated() && "1".equals(outcome.getId().getVersionIdPart()), "no first version came back");
    }

    private void update() throws Exception {
        MethodOutcome outcome = client.create().resource(response("newer")).execute();
        QuestionnaireResponse read =
                client.read().resource(QuestionnaireResponse.class).withId(outcome.getId().getIdPart()).execute();
        read.setStatus(QuestionnaireResponse.QuestionnaireResponseStatus.AMENDED);
        MethodOutcome updated = client.update().resource(read).execute();
        must("2".equals(updated.getId().getVersionIdPart()), "no second version came back");
    }

    private void sort() {
        Bundle found = client.search()
                .forResource(Observation.class)
                .where(Observation.PATIENT.hasId(patient))
                .and(Observation.CODE.exactly().systemAndCode("http://loinc.org", "44261-6"))
                .sort().descending(Observation.DATE)
                .count(1)
                .returnBundle(Bundle.class)
                .execute();
        Observation first = (Observation) found.getEntryFirstRep().getResource();
        must(first.getValueQuantity().getValue().intValue() == 9, "the newest score is not first");
    }

    private void condition() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int attempt = 0; attempt < 2; attempt++) {
            ids.add(client.create()
                    .resource(response("identified"))
                    .conditional()
                    .where(QuestionnaireResponse.IDENTIFIER.exactly()
                            .systemAndIdentifier("http://ehr.example/responses", patient + "-c"))
                    .execute().getId().getIdPart());
        }
        must(ids.get(0).equals(ids.get(1)), "two responses were created");
    }

    private void page() {
        Bundle bundle = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(patient))
                .count(3).returnBundle(Bundle.class).execute();
        int total = bundle.getTotal();
        List<String> ids = new ArrayList<>();
        while (true) {
            bundle.getEntry().forEach(entry -> ids.add(entry.getResource().getIdElement().getIdPart()));
            if (bundle.getLink(Bundle.LINK_NEXT) == null) {
                break;
            }
            bundle = client.loadPage().next(bundle).execute();
        }
        must(total > 3 && ids.size() == total && new HashSet<>(ids).size() == total, ids.size() + " of " + total);
    }

    private void transaction() throws Exception {
        Bundle bundle = context.newJsonParser().parseResource(Bundle.class, sent("transaction"));
        Bundle answer = client.transaction().withBundle(bundle).execute();
        answer.getEntry().forEach(entry -> must("201 Created".equals(entry.getResponse().getStatus()), "not created"));
        Bundle found = client.search().forResource(ClinicalImpression.class)
                .where(ClinicalImpression.PATIENT.hasId(patient + "-t")).returnBundle(Bundle.class).execute();
        must(answer.getEntry().size() == 3 && found.getTotal() == 1, "impressions: " + found.getTotal());
    }
}
