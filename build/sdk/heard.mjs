// What an upstream was told, read by its vendor's documentation into one form for all of them: {system, turns: [{role, text}], images,
// pdfs, tools: {name: schema}, calls: [{id, name, args}], results: [{id, name, text}], schema, choice, temperature,
// maxTokens, stop, thinks}.
const list = (v) => v == null ? [] : Array.isArray(v) ? v : [v]
const texts = (content) => typeof content === 'string' ? content : list(content).map((p) => p.text ?? '').join('')
const inURL = (url) => /^data:(?:image\/png|application\/pdf);base64,(.*)$/s.exec(url ?? '')?.[1] ?? url
/** Stands for an answer that the upstream keeps. */
export const kept = '(kept)'

const said = (turns) => turns.filter((t) => t.text !== '')

export const heard = {
  chat(b) {
    const told = (...roles) => b.messages.filter((m) => roles.includes(m.role))
    const parts = told('user').flatMap((m) => list(m.content))
    return {
      system: told('system', 'developer').map((m) => texts(m.content)).join('\n'),
      turns: said(told('user', 'assistant').map((m) => ({ role: m.role, text: texts(m.content) }))),
      images: parts.filter((p) => p.type === 'image_url').map((p) => inURL(p.image_url.url)),
      pdfs: parts.filter((p) => p.type === 'file').map((p) => inURL(p.file.file_data)),
      choice: b.tool_choice?.function?.name ?? b.tool_choice, temperature: b.temperature,
      tools: Object.fromEntries(list(b.tools).map((t) => [t.function.name, t.function.parameters])),
      calls: b.messages.flatMap((m) => list(m.tool_calls))
        .map((c) => ({ id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) })),
      results: told('tool').map((m) => ({ id: m.tool_call_id, text: texts(m.content) })),
      schema: b.response_format?.json_schema?.schema, maxTokens: b.max_completion_tokens ?? b.max_tokens, stop: b.stop && list(b.stop),
      thinks: b.reasoning_effort !== undefined,
    }
  },

  responses(b) {
    // What the vendor itself keeps is spoken of by its id alone.
    const items = typeof b.input === 'string' ? [{ role: 'user', content: b.input }]
      : b.input.map((i) => i.type === 'item_reference' ? { role: 'assistant', content: kept } : i)
    const told = (...roles) => items.filter((i) => roles.includes(i.role))
    const parts = told('user').flatMap((m) => list(m.content))
    const typed = (type) => items.filter((i) => i.type === type)
    return {
      system: [b.instructions, ...told('system', 'developer').map((m) => texts(m.content))].filter(Boolean).join('\n'),
      turns: said(told('user', 'assistant').map((m) => ({ role: m.role, text: texts(m.content) }))),
      images: [...parts, ...typed('function_call_output').flatMap((i) => typeof i.output === 'string' ? [] : i.output)]
        .filter((p) => p.type === 'input_image').map((p) => inURL(p.image_url)),
      pdfs: parts.filter((p) => p.type === 'input_file').map((p) => inURL(p.file_data)),
      choice: b.tool_choice?.name ?? b.tool_choice, temperature: b.temperature,
      tools: Object.fromEntries(list(b.tools).map((t) => [t.name, t.parameters])),
      calls: typed('function_call').map((c) => ({ id: c.call_id, name: c.name, args: JSON.parse(c.arguments) })),
      results: typed('function_call_output').map((i) => ({ id: i.call_id, text: texts(i.output) })),
      schema: b.text?.format?.schema, maxTokens: b.max_output_tokens, thinks: b.reasoning !== undefined,
    }
  },

  messages(b) {
    const blocks = (type) => b.messages.flatMap((m) => typeof m.content === 'string' ? [] : m.content).filter((x) => x.type === type)
    const words = (content) => typeof content === 'string' ? content : texts(content.filter((x) => x.type === 'text'))
    return {
      system: texts(b.system),
      turns: said(b.messages.map((m) => ({ role: m.role, text: words(m.content) }))),
      images: [...blocks('image'), ...blocks('tool_result').flatMap((x) => list(x.content)).filter((x) => x.type === 'image')]
        .map((x) => x.source.data ?? x.source.url),
      pdfs: blocks('document').map((x) => x.source.data),
      choice: b.tool_choice?.name ?? b.tool_choice?.type, temperature: b.temperature,
      tools: Object.fromEntries(list(b.tools).map((t) => [t.name, t.input_schema])),
      calls: blocks('tool_use').map((x) => ({ id: x.id, name: x.name, args: x.input })),
      results: blocks('tool_result').map((x) => ({ id: x.tool_use_id, text: texts(x.content) })),
      schema: b.output_config?.format?.schema, maxTokens: b.max_tokens, stop: b.stop_sequences,
      thinks: b.thinking !== undefined && b.thinking.type !== 'disabled',
    }
  },

  generate(b) {
    const parts = b.contents.flatMap((c) => c.parts)
    const { generationConfig: config = {} } = b
    const words = (c) => texts(c.parts.filter((p) => !p.thought))
    return {
      system: texts(b.systemInstruction?.parts),
      turns: said(b.contents.map((c) => ({ role: c.role === 'model' ? 'assistant' : 'user', text: words(c) }))),
      images: [...parts, ...parts.flatMap((p) => list(p.functionResponse?.parts))]
        .filter((p) => p.inlineData?.mimeType === 'image/png').map((p) => p.inlineData.data),
      pdfs: parts.filter((p) => p.inlineData?.mimeType === 'application/pdf').map((p) => p.inlineData.data),
      choice: b.toolConfig?.functionCallingConfig?.allowedFunctionNames?.[0], temperature: config.temperature,
      tools: Object.fromEntries(list(b.tools).flatMap((t) => list(t.functionDeclarations))
        .map((f) => [f.name, f.parametersJsonSchema ?? f.parameters])),
      calls: parts.filter((p) => p.functionCall).map(({ functionCall: f }) => ({ id: f.id, name: f.name, args: f.args ?? {} })),
      results: parts.filter((p) => p.functionResponse)
        .map(({ functionResponse: r }) => ({ id: r.id, name: r.name, text: JSON.stringify(r.response) })),
      schema: config.responseJsonSchema ?? config.responseSchema, maxTokens: config.maxOutputTokens, stop: config.stopSequences,
      thinks: config.thinkingConfig?.includeThoughts === true,
    }
  },
}
