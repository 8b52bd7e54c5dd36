// Reads one Bundle of a Patient and Observations per line; writes, for each definition of the CQL library, the ids of the
// Observations that it finds, as one JSON object per line.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import cql from 'cql-execution';
import fhir from 'cql-exec-fhir';

const elm = JSON.parse(readFileSync(new URL('SuralDepressionScore.json', import.meta.url)));
const executor = new cql.Executor(new cql.Library(elm));

async function found(bundle) {
  const patients = fhir.PatientSource.FHIRv401();
  patients.loadBundles([bundle]);
  const results = await executor.exec(patients);
  const [ofPatient] = Object.values(results.patientResults);
  const lists = Object.entries(ofPatient).filter(([, value]) => Array.isArray(value));
  return Object.fromEntries(lists.map(([name, values]) => [name, values.map((value) => value.id.value)]));
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await found(JSON.parse(line))));
}
