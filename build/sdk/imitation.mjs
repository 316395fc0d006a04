// Steers one imitation of a vendor over its paths below /__imitation/. See build/imitation/control.go.

/** Durations of the imitation are nanoseconds. */
export const ms = (n) => n * 1e6

export class Imitation {
  violations = [] // of all tests: reset makes the imitation forget its own

  constructor(url, baseURL, keys) {
    Object.assign(this, { url, baseURL, keys, key: keys[0] })
  }

  async #call(method, what, body) {
    const res = await fetch(`${this.url}/__imitation/${what}`, { method, body: body && JSON.stringify(body) })
    const answer = await res.json()
    if (!res.ok) throw new Error(`imitation: ${what}: ${answer.error}`)
    return answer
  }

  script(...replies) { return this.#call('POST', 'script', replies) }
  fault(...faults) { return this.#call('POST', 'fault', faults) }
  pace(pace) { return this.#call('POST', 'pace', pace) }

  /** The requests since the last reset, but for lists of models: Metapi asks for those when it likes. */
  async calls() {
    return (await this.#call('GET', 'requests')).filter((r) => r.Op !== 'models')
      .map((r) => ({ ...r, body: r.Body && /json/.test(r.Header['Content-Type']) ? JSON.parse(Buffer.from(r.Body, 'base64').toString() || 'null') : null }))
  }

  async reset() {
    this.violations.push(...await this.#call('GET', 'violations'))
    await this.#call('DELETE', 'fault')
    await this.#call('POST', 'reset', {})
  }
}

/** What an imitation answers when nothing is scripted: characters of two, three and four bytes, and an emoji of several. */
export const echo = (question) => `You said: “${question}”. Größe 你好，世界 👩🏽‍💻 done.`
