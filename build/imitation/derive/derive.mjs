// Derives the request schemas of build/imitation/schema from the vendors' own definitions.
//
//   node derive.mjs OPENAPI ANTHROPIC GENERATIVELANGUAGE GENAI TYPESCRIPT OUT
//
// OPENAPI             OpenAI's published OpenAPI document, as JSON
// ANTHROPIC           unpacked npm package @anthropic-ai/sdk
// GENERATIVELANGUAGE  unpacked npm package @google-ai/generativelanguage (protobuf descriptors)
// GENAI               unpacked npm package @google/genai (fields newer than the descriptors)
// TYPESCRIPT          unpacked npm package typescript 5.x, whose parser reads the .d.ts files
// OUT                 the schema folder
//
// The output is JSON Schema 2020-12: one $defs table a vendor, and "roots", which names the def of each operation.
// What is changed by hand on the way is in the functions named amend*, each change with its reason.

import { createRequire } from 'node:module'
import fs from 'node:fs'
import path from 'node:path'

const [openapi, anthropic, genlang, genai, typescript, out] = process.argv.slice(2)
if (!out) {
  console.error('usage: node derive.mjs OPENAPI ANTHROPIC GENERATIVELANGUAGE GENAI TYPESCRIPT OUT')
  process.exit(2)
}
const require = createRequire(import.meta.url)
const ts = require(path.resolve(typescript, 'lib/typescript.js'))
const read = (...p) => fs.readFileSync(path.join(...p), 'utf8')
const version = (dir) => { const p = JSON.parse(read(dir, 'package.json')); return `${p.name} ${p.version}` }
const local = (name) => ({ $ref: '#/$defs/' + name.replaceAll('.', '__') })

/** Keeps the defs that the roots reach, sorted, so that a new derivation gives a readable diff. */
function write(file, source, defs, roots) {
  const kept = new Set()
  const visit = (x) => {
    if (Array.isArray(x)) return x.forEach(visit)
    if (!x || typeof x !== 'object') return
    if (typeof x.$ref === 'string') {
      const name = x.$ref.replace('#/$defs/', '')
      if (!kept.has(name)) {
        if (!(name in defs)) throw new Error(`${file}: nothing defines ${name}`)
        kept.add(name)
        visit(defs[name])
      }
    }
    Object.values(x).forEach(visit)
  }
  visit(Object.values(roots).map(local))
  const sorted = Object.fromEntries([...kept].sort().map((n) => [n, defs[n]]))
  const lines = Object.entries(sorted).map(([n, d]) => `  ${JSON.stringify(n)}: ${JSON.stringify(d)}`)
  fs.writeFileSync(path.join(out, file), `{"$comment": ${JSON.stringify('Derived by derive/derive.mjs from ' + source)},\n` +
    `"roots": ${JSON.stringify(roots)},\n"$defs": {\n${lines.join(',\n')}\n}}\n`)
  console.log(file, kept.size, 'definitions')
}

// ---- OpenAI: a component of the OpenAPI document is nearly a schema already ----

const openAIRoots = {
  chat: 'CreateChatCompletionRequest', responses: 'CreateResponse', embeddings: 'CreateEmbeddingRequest', count: 'TokenCountsBody',
  completions: 'CreateCompletionRequest', images: 'CreateImageRequest', image_edits: 'CreateImageEditRequest', image_edits_json: 'EditImageBodyJsonParam',
  image_variations: 'CreateImageVariationRequest', speech: 'CreateSpeechRequest', transcriptions: 'CreateTranscriptionRequest',
  translations: 'CreateTranslationRequest', moderations: 'CreateModerationRequest', files: 'CreateFileRequest', batches: 'CreateBatchRequest',
}

function deriveOpenAI() {
  const doc = JSON.parse(read(openapi))
  const schemas = doc.components.schemas
  const keep = new Set(['type', 'enum', 'required', 'minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength',
    'additionalProperties', 'pattern', 'maxProperties'])
  const lower = (s, owner) => {
    if (s === true || s === false || s == null) return s ?? true
    if (s.$ref) return local(s.$ref.split('/').pop())
    if (s.$recursiveRef) return local(owner)
    let o = {}
    for (const [k, v] of Object.entries(s)) {
      if (k === 'properties') o.properties = Object.fromEntries(Object.entries(v).map(([n, p]) => [n, lower(p, owner)]))
      else if (k === 'items') o.items = lower(v, owner)
      else if (k === 'anyOf' || k === 'oneOf') o.anyOf = v.map((x) => lower(x, owner)) // a tag decides; twice right is right
      else if (k === 'allOf') o.allOf = v.map((x) => lower(x, owner))
      else if (k === 'additionalProperties') o[k] = typeof v === 'object' ? lower(v, owner) : v
      else if (k === 'required') o.required = v
      else if (keep.has(k)) o[k] = v
    }
    if (s.nullable) o = { anyOf: [o, { type: 'null' }] }
    return o
  }
  const defs = {}
  for (const [n, s] of Object.entries(schemas)) defs[n] = lower(s, n)

  /** allOf cannot refuse unknown members, so a request's parts are merged into one object. */
  const merge = (s) => {
    const m = { type: 'object', properties: {}, required: [], additionalProperties: false }
    const add = (x) => {
      if (x.$ref) return add(defs[x.$ref.replace('#/$defs/', '')])
      x.allOf?.forEach(add)
      Object.assign(m.properties, x.properties)
      m.required.push(...(x.required ?? []))
    }
    add(s)
    m.required = [...new Set(m.required)]
    return m
  }
  for (const n of Object.values(openAIRoots)) defs[n] = merge(defs[n])
  amendOpenAI(defs)
  write('openai.json', `OpenAI's OpenAPI document, version ${doc.info.version}`, defs, openAIRoots)
}

function amendOpenAI(defs) {
  // The document lists as required what the service itself fills in when a client replays an item.
  const lenient = new Set(['id', 'status', 'annotations', 'logprobs', 'strict', 'parameters', 'summary'])
  const relax = (s) => {
    if (Array.isArray(s)) return s.forEach(relax)
    if (!s || typeof s !== 'object') return
    if (Array.isArray(s.required)) s.required = s.required.filter((r) => !lenient.has(r))
    Object.values(s).forEach(relax)
  }
  for (const [n, s] of Object.entries(defs)) if (n !== 'ItemReferenceParam') relax(s)
  // Null is taken for "left out" for each optional parameter of the calls.
  for (const n of Object.values(openAIRoots)) {
    for (const [k, p] of Object.entries(defs[n].properties)) {
      if (!defs[n].required.includes(k)) defs[n].properties[k] = { anyOf: [p, { type: 'null' }] }
    }
  }
  // Codex sends it to the real service and is answered; the document does not have it.
  defs.CreateResponse.properties.client_metadata = { type: ['object', 'null'] }
  // Codex replays reasoning whose content was not shown with null for it.
  const shown = defs.ReasoningItem.properties
  shown.content = { anyOf: [shown.content, { type: 'null' }] }
  // Codex and other agents replay assistant text as a message with output_text and no id.
  defs.EasyInputMessage.properties.content = { anyOf: [{ type: 'string' }, { type: 'array' }] }
  // The reasoning effort that agents send before the document knows it is judged by the model, not by the schema.
  if (defs.ReasoningEffort) defs.ReasoningEffort = { type: ['string', 'null'] }
}

// ---- TypeScript declarations as schemas ----

class Declarations {
  constructor() { this.files = [] }
  add(prefix, file) {
    const table = new Map()
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
    const visit = (node, scope) => {
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isEnumDeclaration(node) ||
        ts.isClassDeclaration(node)) table.set([...scope, node.name.text].join('.'), node)
      else if (ts.isModuleDeclaration(node) && node.body) node.body.statements.forEach((s) => visit(s, [...scope, node.name.text]))
    }
    source.statements.forEach((s) => visit(s, []))
    this.files.push({ prefix, table })
  }
  /** Finds a name as it is written in a file: there first, then in the others; an import's alias is dropped. */
  find(name, from, scope = []) {
    const tries = []
    for (let i = scope.length; i >= 0; i--) tries.push([...scope.slice(0, i), name].join('.'))
    const bare = name.includes('.') ? name.split('.').slice(1).join('.') : null
    for (const f of [from, ...this.files.filter((f) => f !== from)]) {
      for (const t of tries) if (f.table.has(t)) return { file: f, key: t, node: f.table.get(t) }
    }
    return bare ? this.find(bare, from, scope) : null
  }
}

function deriveAnthropic() {
  const decls = new Declarations()
  decls.add('', path.join(anthropic, 'resources/messages/messages.d.ts'))
  decls.add('beta/', path.join(anthropic, 'resources/beta/messages/messages.d.ts'))
  decls.add('betas/', path.join(anthropic, 'resources/beta/beta.d.ts'))
  const defs = {}
  const id = (f, key) => (f.prefix + key).replaceAll('.', '__').replaceAll('/', '_')

  const object = (members, ctx) => {
    const o = { type: 'object', properties: {}, required: [], additionalProperties: false }
    for (const m of members) {
      if (ts.isIndexSignatureDeclaration(m)) { o.additionalProperties = type(m.type, ctx); continue }
      if (!ts.isPropertySignature(m)) continue
      const name = m.name.text
      o.properties[name] = type(m.type, ctx)
      if (!m.questionToken) o.required.push(name)
    }
    return o
  }
  const type = (t, ctx) => {
    switch (t.kind) {
      case ts.SyntaxKind.StringKeyword: return { type: 'string' }
      case ts.SyntaxKind.NumberKeyword: return { type: 'number' }
      case ts.SyntaxKind.BooleanKeyword: return { type: 'boolean' }
      case ts.SyntaxKind.UnknownKeyword: case ts.SyntaxKind.AnyKeyword: return {}
      case ts.SyntaxKind.NullKeyword: return { type: 'null' }
    }
    if (ts.isLiteralTypeNode(t)) {
      if (t.literal.kind === ts.SyntaxKind.NullKeyword) return { type: 'null' }
      if (t.literal.kind === ts.SyntaxKind.TrueKeyword) return { const: true }
      if (t.literal.kind === ts.SyntaxKind.FalseKeyword) return { const: false }
      return { const: ts.isNumericLiteral(t.literal) ? Number(t.literal.text) : t.literal.text }
    }
    if (ts.isParenthesizedTypeNode(t) || ts.isTypeOperatorNode(t)) return type(t.type, ctx) // (T), readonly T
    if (ts.isArrayTypeNode(t)) return { type: 'array', items: type(t.elementType, ctx) }
    if (ts.isTypeLiteralNode(t)) return object(t.members, ctx)
    if (ts.isIntersectionTypeNode(t)) return type(t.types[0], ctx) // only `string & {}`: an open enumeration
    if (ts.isUnionTypeNode(t)) {
      const parts = t.types.map((x) => type(x, ctx))
      if (parts.some((p) => p.type === 'string')) return { anyOf: parts.filter((p) => typeof p.const !== 'string') }
      if (parts.every((p) => typeof p.const === 'string')) return { enum: parts.map((p) => p.const) }
      return { anyOf: parts }
    }
    if (ts.isTypeReferenceNode(t)) {
      const name = t.typeName.getText()
      if (name === 'Array') return { type: 'array', items: type(t.typeArguments[0], ctx) }
      if (name === 'Record') return { type: 'object', additionalProperties: type(t.typeArguments[1], ctx) }
      const hit = decls.find(name, ctx.file, ctx.scope)
      if (!hit) throw new Error(`anthropic: ${name} is not declared`)
      return local(define(hit))
    }
    throw new Error(`anthropic: no rule for ${t.getText()}`)
  }
  const define = ({ file, key, node }) => {
    const name = id(file, key)
    if (name in defs) return name
    defs[name] = {}
    const ctx = { file, scope: key.split('.') }
    if (ts.isTypeAliasDeclaration(node)) defs[name] = type(node.type, ctx)
    else {
      const o = object(node.members, ctx)
      for (const clause of node.heritageClauses ?? []) for (const base of clause.types) {
        const b = defs[define(decls.find(base.expression.getText(), file))]
        o.properties = { ...b.properties, ...o.properties }
        o.required = [...new Set([...b.required, ...o.required])]
      }
      defs[name] = o
    }
    return name
  }
  const roots = {}
  for (const [i, prefix] of ['', 'beta_'].entries()) {
    roots[prefix + 'messages'] = define(decls.find('MessageCreateParamsBase', decls.files[i]))
    roots[prefix + 'count_tokens'] = define(decls.find('MessageCountTokensParams', decls.files[i]))
  }
  amendAnthropic(defs, roots)
  write('anthropic.json', version(anthropic), defs, roots)
}

function amendAnthropic(defs, roots) {
  for (const [root, name] of Object.entries(roots)) {
    const p = defs[name].properties
    // The client library sends these as headers; in a body they are unknown.
    for (const header of ['betas', 'user_profile_id', 'workspace_id']) delete p[header]
    // The service still takes what the newest types no longer offer.
    if (root.endsWith('messages')) {
      p.temperature = { type: 'number', minimum: 0, maximum: 1 }
      p.top_p = { type: 'number', minimum: 0, maximum: 1 }
      p.top_k = { type: 'integer', minimum: 0 }
      p.max_tokens = { type: 'integer', minimum: 1 }
      p.messages.minItems = 1
    }
  }
}

// ---- Gemini: protobuf messages as their JSON mapping, plus what the client library has beyond them ----

function deriveGemini() {
  const v1beta = JSON.parse(read(genlang, 'build/protos/protos.json')).nested.google.nested.ai.nested.generativelanguage.nested.v1beta
  const source = ts.createSourceFile('genai.d.ts', read(genai, 'dist/genai.d.ts'), ts.ScriptTarget.Latest, true)
  const newer = new Map()
  source.statements.forEach((s) => {
    if (ts.isInterfaceDeclaration(s) || ts.isClassDeclaration(s) || ts.isEnumDeclaration(s)) newer.set(s.name.text, s)
  })
  const defs = {}
  const scalar = {
    string: { type: 'string' }, bool: { type: 'boolean' }, bytes: { type: 'string', pattern: '^[A-Za-z0-9+/_-]*={0,2}$' },
    float: { type: 'number' }, double: { type: 'number' },
    int32: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?[0-9]+$' }] },
    int64: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?[0-9]+$' }] },
    uint32: { type: 'integer', minimum: 0 },
    'google.protobuf.Value': {}, 'google.protobuf.Struct': { type: 'object' },
    'google.protobuf.Timestamp': { type: 'string' }, 'google.type.Interval': { type: 'object' }, 'google.type.LatLng': { type: 'object' },
    'google.protobuf.Duration': { type: 'string', pattern: '^[0-9.]+s$' },
  }
  const find = (name, scope) => {
    for (let i = scope.length; i >= 0; i--) {
      let node = v1beta
      for (const s of [...scope.slice(0, i), ...name.split('.')]) node = node?.nested?.[s]
      if (node && (node.fields || node.values)) return [...scope.slice(0, i), ...name.split('.')]
    }
    throw new Error(`gemini: ${name} is not in the descriptor`)
  }
  const at = (full) => full.reduce((n, s) => n.nested[s], v1beta)
  const define = (full) => {
    const name = full.join('__')
    if (name in defs) return name
    defs[name] = {}
    const node = at(full)
    if (node.values) {
      // An enumeration is read by name or by number.
      const names = new Set(Object.keys(node.values))
      const e = newer.get(full.at(-1))
      if (e && ts.isEnumDeclaration(e)) e.members.forEach((m) => names.add(m.initializer.text))
      defs[name] = { anyOf: [{ enum: [...names] }, { type: 'integer' }] }
      if (full.join('.') === 'Type') { // the service reads the names of schema types in either case
        defs[name] = { anyOf: [{ enum: [...names, ...[...names].map((n) => n.toLowerCase())] }, { type: 'integer' }] }
      }
      return name
    }
    const o = { type: 'object', properties: {}, additionalProperties: false }
    for (const [field, f] of Object.entries(node.fields)) {
      let s = scalar[f.type] ?? local(define(find(f.type, full)))
      if (f.rule === 'repeated') s = { type: 'array', items: s }
      if (f.keyType) s = { type: 'object', additionalProperties: s }
      // Null leaves a field out; google.protobuf.Value takes it as it is.
      if (Object.keys(s).length) s = { anyOf: [s, { type: 'null' }] }
      o.properties[f.options?.json_name ?? field] = s
      o.properties[field] = s
      o.properties[field.replace(/[A-Z]/g, (c) => '_' + c.toLowerCase())] = s
    }
    const n = newer.get(full.at(-1))
    if (n && !ts.isEnumDeclaration(n)) for (const m of n.members) {
      if (!ts.isPropertySignature(m) && !ts.isPropertyDeclaration(m)) continue
      const field = m.name.text
      const doc = m.getFullText().split(field)[0]
      if (!(field in o.properties) && !/not supported in (the )?Gemini (Developer )?API/i.test(doc)) o.properties[field] = added(m.type)
    }
    defs[name] = o
    return name
  }
  /** A field only the client library knows: its outer type is checked, what is within is not. */
  const added = (t) => {
    const text = t.getText()
    if (text === 'string' || text === 'boolean' || text === 'number') return { type: [text, 'null'] }
    if (text.endsWith('[]')) return { type: ['array', 'null'] }
    const e = newer.get(text)
    if (e && ts.isEnumDeclaration(e)) return { anyOf: [{ enum: e.members.map((m) => m.initializer.text) }, { type: 'null' }] }
    return e || text.startsWith('Record<') ? { type: ['object', 'null'] } : {}
  }
  const roots = {
    generate: define(['GenerateContentRequest']), count: define(['CountTokensRequest']),
    embed: define(['EmbedContentRequest']), embed_batch: define(['BatchEmbedContentsRequest']),
  }
  write('gemini.json', `${version(genlang)} (google.ai.generativelanguage.v1beta) and ${version(genai)}`, defs, roots)
}

deriveOpenAI()
deriveAnthropic()
deriveGemini()
