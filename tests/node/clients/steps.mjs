// Runs the steps of one client library against a FHIR interface. Arguments: library, base address, patient. Standard
// input: the resources to send, by name. Standard output: the result of each step by its name, "ok" or the reason.
import { text } from 'node:stream/consumers';

const [library, base, patient] = process.argv.slice(2);
const sent = JSON.parse(await text(process.stdin));
const TOTAL = 'http://loinc.org|44261-6';
const SYSTEM = 'http://ehr.example/responses';

async function fhirKitClient() {
  const { Client } = await import('fhir-kit-client');
  const client = new Client({ baseUrl: base });
  const resourceType = 'QuestionnaireResponse';
  return {
    create: (body) => client.create({ resourceType, body }),
    update: (body) => client.update({ resourceType, id: body.id, body }),
    search: (type, searchParams) => client.search({ resourceType: type, searchParams }),
    createIfNoneExist: (body, query) => client.create({ resourceType, body, headers: { 'If-None-Exist': query } }),
    next: (bundle) => client.nextPage({ bundle }),
    transaction: (body) => client.transaction({ body }),
  };
}

async function fhirclient() {
  const { default: FHIR } = await import('fhirclient');
  const request = { method: 'GET', url: '/', headers: {} };
  const client = FHIR(request, { end() {} }).client(base);
  return {
    create: (body) => client.create(body),
    update: (body) => client.update(body),
    search: (type, parameters) => client.request(`${type}?${new URLSearchParams(parameters)}`),
    createIfNoneExist: (body, query) => client.create(body, { headers: { 'If-None-Exist': query } }),
    next: (bundle) => {
      const link = bundle.link.find((each) => each.relation === 'next');
      return link ? client.request(link.url) : undefined;
    },
    transaction: (body) =>
      client.request({
        url: '',
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/fhir+json' },
      }),
  };
}

async function medplum() {
  const { MedplumClient } = await import('@medplum/core');
  const url = new URL(base);
  const client = new MedplumClient({ baseUrl: `${url.origin}/`, fhirUrlPath: url.pathname.slice(1), cacheTime: 0 });
  return {
    create: (body) => client.createResource(body),
    update: (body) => client.updateResource(body),
    search: (type, parameters) => client.search(type, parameters),
    createIfNoneExist: (body, query) => client.createResourceIfNoneExist(body, query),
    next: (bundle) => {
      const link = bundle.link.find((each) => each.relation === 'next');
      return link ? client.get(link.url) : undefined;
    },
    transaction: (body) => client.executeBatch(body),
  };
}

function must(condition, reason) {
  if (!condition) {
    throw new Error(reason);
  }
}

const steps = {
  create: async (client) => {
    const made = await client.create(sent.older);
    must(made.id && made.meta.versionId === '1', 'no first version came back');
  },
  update: async (client) => {
    const made = await client.create(sent.newer);
    const updated = await client.update({ ...made, status: 'amended' });
    must(updated.meta.versionId === '2' && updated.status === 'amended', 'no second version came back');
  },
  sort: async (client) => {
    const found = await client.search('Observation', { patient, code: TOTAL, _sort: '-date', _count: '1' });
    must(found.entry[0].resource.valueQuantity.value === 9, 'the newest score is not first');
  },
  condition: async (client) => {
    const query = `identifier=${SYSTEM}|${patient}-c`;
    const ids = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      ids.push((await client.createIfNoneExist(sent.identified, query)).id);
    }
    must(ids[0] && ids[0] === ids[1], 'two responses were created');
  },
  page: async (client) => {
    const ids = [];
    let bundle = await client.search('Observation', { patient, _count: '3' });
    const { total } = bundle;
    while (bundle) {
      ids.push(...bundle.entry.map((entry) => entry.resource.id));
      bundle = await client.next(bundle);
    }
    must(total > 3 && ids.length === total && new Set(ids).size === total, `${ids.length} of ${total} were found`);
  },
  transaction: async (client) => {
    const answer = await client.transaction(sent.transaction);
    must(answer.entry.every((entry) => entry.response.status === '201 Created'), 'not all were created');
    const found = await client.search('ClinicalImpression', { patient: `${patient}-t` });
    must(found.total === 1, `there are ${found.total} impressions`);
  },
};

const client = await { 'fhir-kit-client': fhirKitClient, fhirclient, medplum }[library]();
const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    await step(client);
    results[name] = 'ok';
  } catch (problem) {
    results[name] = `${problem.message} ${JSON.stringify(problem.response?.data ?? problem.outcome ?? '')}`;
  }
}
console.log(JSON.stringify(results));
process.exit(0);
