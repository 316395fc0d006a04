// Stands between an agent and metapi, and keeps what each said to the other.
import { createServer, request } from 'node:http'
import { once } from 'node:events'

export class Relay {
  heard = []

  static async to(url) {
    const relay = new Relay()
    const target = new URL(url)
    relay.server = createServer(async (req, res) => {
      const pieces = []
      for await (const piece of req) pieces.push(piece)
      const body = Buffer.concat(pieces)
      const call = { method: req.method, path: req.url, headers: req.headers, body: parsed(body) }
      relay.heard.push(call)
      const on = request({ host: target.hostname, port: target.port, method: req.method, path: req.url, headers: { ...req.headers, host: target.host } }, (answer) => {
        call.status = answer.statusCode
        call.id = answer.headers['x-metapi-request-id']
        call.dropped = (answer.headers['x-metapi-dropped'] ?? '').split(', ').filter(Boolean)
        res.writeHead(answer.statusCode, answer.headers)
        answer.pipe(res)
        answer.on('data', (b) => { call.reply = (call.reply ?? '') + b })
      })
      on.on('error', () => res.destroy())
      res.on('close', () => on.destroy())
      on.end(body)
    })
    relay.server.listen(0, '127.0.0.1')
    await once(relay.server, 'listening')
    relay.url = `http://127.0.0.1:${relay.server.address().port}`
    return relay
  }

  end() {
    this.server.closeAllConnections()
    this.server.close()
  }
}

function parsed(body) {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
