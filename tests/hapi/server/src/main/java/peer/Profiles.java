package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.Enumerations.FHIRVersion;
import org.hl7.fhir.r4.model.Enumerations.PublicationStatus;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r4.model.StructureDefinition.StructureDefinitionKind;
import org.hl7.fhir.r4.model.StructureDefinition.TypeDerivationRule;

/** The profiles of a guide that is there as source files: differentials, of which the snapshots are made here. */
class Profiles {

    private final Map<String, StructureDefinition> byUrl = new HashMap<>();
    private final List<IBaseResource> terminology = new ArrayList<>();
    private final List<String> leftOut;

    Profiles(FhirContext context, Path folder, List<String> leftOut) throws IOException {
        this.leftOut = leftOut;
        try (var files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                var resource = context.newJsonParser().parseResource(Files.readString(file));
                if (resource instanceof StructureDefinition profile) {
                    byUrl.put(profile.getUrl(), profile);
                } else {
                    terminology.add(resource);
                }
            }
        }
    }

    /**
     * Adds a profile without rules of its own in place of one that is not in the folder. A validator cannot check the
     * target of a reference while one of the profiles that the target may meet is unknown.
     */
    void addStandIn(String canonical, String type) {
        var profile = new StructureDefinition();
        profile.setId(canonical.substring(canonical.lastIndexOf('/') + 1));
        profile.setUrl(canonical).setName("StandIn").setStatus(PublicationStatus.DRAFT).setAbstract(false);
        profile.setKind(StructureDefinitionKind.RESOURCE).setType(type).setDerivation(TypeDerivationRule.CONSTRAINT);
        profile.setFhirVersion(FHIRVersion._4_0_1).setBaseDefinition("http://hl7.org/fhir/StructureDefinition/" + type);
        profile.getDifferential().addElement(new ElementDefinition(new StringType(type))).getElementFirstRep().setId(type);
        byUrl.putIfAbsent(canonical, profile);
    }

    /**
     * Adds the named profiles and all that they refer to, with snapshots. Ends the process if one cannot be made.
     *
     * <p>The snapshots are made with a chain of their own: a chain keeps what it has fetched, also without a snapshot.
     */
    void addTo(PrePopulatedValidationSupport known, List<String> ids) {
        terminology.forEach(known::addResource);
        var needed = needed(ids);
        var differentials = new PrePopulatedValidationSupport(known.getFhirContext());
        needed.values().forEach(differentials::addResource);
        var chain = Validator.chain(known.getFhirContext(), differentials, Map.of());
        var made = needed.values().stream().map(profile -> withSnapshot(profile, chain)).toList();
        if (made.stream().anyMatch(Objects::isNull)) {
            System.exit(1);
        }
        made.forEach(known::addResource);
    }

    private static StructureDefinition withSnapshot(StructureDefinition profile, ValidationSupportChain chain) {
        try {
            var made = (StructureDefinition) chain.generateSnapshot(
                    new ValidationSupportContext(chain), profile, profile.getUrl(), null, profile.getName());
            if (made.hasSnapshot()) {
                return made;
            }
            System.out.println("not loaded: " + profile.getUrl() + ": no snapshot was made");
        } catch (RuntimeException problem) {
            System.out.println("not loaded: " + profile.getUrl() + ": " + problem.getMessage());
        }
        return null;
    }

    private Map<String, StructureDefinition> needed(List<String> ids) {
        var found = new LinkedHashMap<String, StructureDefinition>();
        var open = new ArrayDeque<String>();
        for (String id : ids) {
            var named = byUrl.values().stream().filter(profile -> id.equals(profile.getIdElement().getIdPart()));
            open.add(named.findFirst().orElseThrow(() -> new IllegalArgumentException("not there: " + id)).getUrl());
        }
        while (!open.isEmpty()) {
            var profile = byUrl.get(open.remove());
            if (profile == null || leftOut.contains(profile.getIdElement().getIdPart())) {
                continue;
            }
            if (found.putIfAbsent(profile.getUrl(), profile) == null) {
                open.add(profile.getBaseDefinition());
                references(profile).map(CanonicalType::getValue).forEach(open::add);
            }
        }
        return found;
    }

    private static Stream<CanonicalType> references(StructureDefinition profile) {
        return profile.getDifferential().getElement().stream()
                .flatMap(element -> element.getType().stream())
                .flatMap(type -> Stream.concat(type.getProfile().stream(), type.getTargetProfile().stream()));
    }
}
