// node read.mjs LIST: opens every evidence file that keep_pages listed with warcio, a reader of web archives that is not
// ours, and compares what it sees with what was fetched. A file that is not as it must be is a line; the last line is
// `N passed, N failed`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { WARCParser } from "warcio";

const sha256 = (octets) => createHash("sha256").update(octets).digest("hex");
const header = (record, name) => record.warcHeader(name) ?? "";

// Every record with its block as it stands in the file.
async function blocks(path) {
  const records = [];
  for await (const record of WARCParser.iterRecords(createReadStream(path), { parseHttp: false })) {
    records.push({ record, block: await record.readFully(false) });
  }
  return records;
}

// The response that the reader finds: its content without chunks and encoding, and its octets behind the head.
async function response(path) {
  let raw;
  for await (const record of WARCParser.iterRecords(createReadStream(path)))
    if (record.warcType === "response") raw = await record.readFully(false);
  for await (const record of WARCParser.iterRecords(createReadStream(path)))
    if (record.warcType === "response") return { record, raw, content: await record.readFully(true) };
  return undefined;
}

function well_formed(records, file) {
  const ids = new Set();
  for (const { record, block } of records) {
    const id = header(record, "WARC-Record-ID");
    assert.match(id, /^<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>$/);
    assert(!ids.has(id), "two records have one name");
    ids.add(id);
    assert.equal(record.warcHeaders.statusline, "WARC/1.1");
    assert.match(header(record, "WARC-Date"), /^2026-11-23T09:00:\d\dZ$/);
    assert.equal(record.warcContentLength, block.length, "Content-Length");
    assert.equal(header(record, "WARC-Block-Digest"), `sha256:${sha256(block)}`);
  }
  const answer = file.answered ? [file.path === file.response_path || !file.response_path ? "response" : "revisit"] : [];
  const seen = records.map(({ record }) => record.warcType).filter((type) => type !== "request");
  assert.deepEqual(seen, ["warcinfo", ...answer, "metadata"]);
}

function metadata(records) {
  const { record, block } = records.at(-1);
  const finding = JSON.parse(Buffer.from(block).toString("utf8"));
  assert.equal(finding.address, "north@example.org");
  assert("published" in finding && "official" in finding && Array.isArray(finding.reasons));
  const answer = records.find((each) => ["response", "revisit"].includes(each.record.warcType));
  if (answer) assert.equal(header(record, "WARC-Concurrent-To"), header(answer.record, "WARC-Record-ID"));
}

async function page(file) {
  const found = await response(file.response_path);
  assert(found, "the reader finds no response");
  const length = found.record.httpHeaders.headers.get("Content-Length");
  const encoded = found.record.httpHeaders.headers.get("Content-Encoding");
  // A reader that does not look at Content-Length takes what a server sent behind the page for a part of it.
  const content = length && !encoded ? found.content.subarray(0, Number(length)) : found.content;
  assert.equal(sha256(content), file.body_sha256, "the page");
  const digest = header(found.record, "WARC-Payload-Digest");
  if (digest) assert.equal(digest, `sha256:${sha256(found.raw)}`);
  return found;
}

function revisit(file, records, found) {
  const { record } = records.find((each) => each.record.warcType === "revisit");
  const told = file.name.startsWith("/validated");
  const profile = told ? "server-not-modified" : "identical-payload-digest";
  assert.equal(header(record, "WARC-Profile"), `http://netpreserve.org/warc/1.1/revisit/${profile}`);
  assert.equal(header(record, "WARC-Refers-To"), header(found.record, "WARC-Record-ID"));
  assert.equal(record.warcRefersToTargetURI, found.record.warcTargetURI);
  assert.equal(record.warcRefersToDate, found.record.warcDate);
  const digest = header(found.record, "WARC-Payload-Digest");
  if (digest) assert.equal(header(record, "WARC-Payload-Digest"), digest);
}

async function check(file) {
  const records = await blocks(file.path);
  well_formed(records, file);
  metadata(records);
  const answer = records.find((each) => each.record.warcType === "response");
  if (answer) assert.equal(header(answer.record, "WARC-Truncated") === "", file.whole, "WARC-Truncated");
  if (file.body_sha256 === "") return;
  const found = await page(file);
  if (file.name.endsWith(" again")) revisit(file, records, found);
}

let failed = 0;
const files = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const file of files) {
  try {
    await check(file);
  } catch (error) {
    failed += 1;
    console.log(`${file.name} (${file.path}): ${error.message}`);
  }
}
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && files.length > 0 ? 0 : 1);
