// Whether what an agent said reached the model: a body of one protocol held against one of another, by what any protocol has.

/** What names things, proves them or is one vendor's to read; another protocol has other words for it, or none. */
const formal = new Set(['id', 'call_id', 'tool_use_id', 'tool_call_id', 'role', 'type', 'model', 'status', '$schema', 'format', 'signature', 'thoughtSignature',
  'thinking', 'summary', 'encrypted_content', 'data', 'metadata', 'client_metadata', 'cache_control', 'prompt_cache_key'])

/** Claude Code's note to Anthropic's billing. */
const notForModels = /^x-anthropic-billing-header:/

function* texts(value) {
  if (typeof value === 'string') {
    const inner = json(value)
    if (inner) yield* texts(inner) // a call's arguments, or a tool's result, which other protocols have as an object
    else if (value.trim() && !notForModels.test(value)) yield value.trim()
  } else if (value && typeof value === 'object' && !value.thought) {
    for (const [key, inner] of Object.entries(value)) if (Array.isArray(value) || !formal.has(key)) yield* texts(inner)
  }
}

function json(text) {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The tools of a body, by name, with the paths of all properties of their schemas. */
function* tools(list, space = '') {
  for (const t of list ?? []) {
    const inner = t.functionDeclarations ?? t.tools
    const f = t.function ?? t
    if (inner) yield* tools(inner, t.name ? `${t.name}__` : '')
    else if (f.name && (f.description || f.parameters)) yield [space + f.name, new Set(properties(f.input_schema ?? f.parameters ?? f.parametersJsonSchema))]
  }
}

function* properties(schema, path = '') {
  if (!schema || typeof schema !== 'object') return
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield `${path}.${name}`
    yield* properties(inner, `${path}.${name}`)
  }
  yield* properties(schema.items, path)
  for (const inner of [...schema.anyOf ?? [], ...schema.oneOf ?? []]) yield* properties(inner, path)
}

/** Where the protocols have the conversation. */
const conversation = ['system', 'systemInstruction', 'instructions', 'messages', 'input', 'contents']

/** What of the agent's request the upstream's lacks. */
export function missing(asked, got) {
  const said = (body) => [...texts(conversation.map((key) => body[key]))]
  const all = said(got).join('\n')
  const lost = said(asked).filter((text) => !all.includes(text))
  const had = new Map(tools(got.tools))
  for (const [name, paths] of tools(asked.tools)) {
    if (!had.has(name)) lost.push(`tool ${name}`)
    else lost.push(...[...paths].filter((p) => !had.get(name).has(p)).map((p) => `tool ${name}, property ${p}`))
  }
  return lost
}
