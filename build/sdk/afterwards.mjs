// After all clients have gone: the ledger against what they were told, what the upstreams should not have seen, and where secrets are.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { calls, figures, less, lost, sum } from './told.mjs'

export function afterwards(world) {
  describe('afterwards', { concurrency: 1 }, () => {
    let report

    test('each request is in the ledger, with the tokens that its client was told', async () => {
      report = await world.usage()
      const rows = new Map(report.rows.map((r) => [r.id, r]))
      for (const [id, call] of calls) {
        const row = rows.get(id)
        assert.ok(row, `${call.method} ${call.path} is missing`)
        assert.equal(row.status, call.status, `${call.path}: status`)
        if (!call.told) continue
        assert.equal(row.state, 'ok', call.path)
        if (!row.tokens_estimated) assert.deepEqual(figures(row), call.told, `${call.path} of ${row.model}`)
        else assert.ok(row.attempts > 1, `${call.path} of ${row.model}: one attempt that told its usage is no estimate`)
      }
      assert.ok([...calls.values()].filter((c) => c.told).length > 50)
    })

    test('whoever was told nothing cost nothing, or is marked as an estimate', () => {
      for (const row of report.rows.filter((r) => !calls.get(r.id)?.told && !calls.get(r.id)?.kept && !r.tokens_estimated)) {
        assert.deepEqual(figures(row), sum([]), `${row.protocol} ${row.model} ${row.state}`)
      }
    })

    test('the totals are the sum of all that the clients were told', () => {
      const { totals, rows } = report
      assert.equal(totals.requests, calls.size + lost.count)
      assert.equal(totals.requests, rows.length)
      for (const state of ['ok', 'failed', 'cancelled', 'interrupted', 'running']) {
        assert.equal(totals[state], rows.filter((r) => r.state === state).length, state)
      }
      assert.equal(totals.running + totals.interrupted, 0)
      const told = sum([...calls.values()].filter((c) => c.told).map((c) => c.told))
      // Beyond that is what SDKs kept to themselves, and estimates: of attempts that were cut off, which the vendor bills all the same.
      const beyond = rows.filter((r) => r.tokens_estimated || calls.get(r.id)?.kept).map((r) => less(figures(r), calls.get(r.id)?.told))
      assert.ok(beyond.every((x) => Object.values(x).every((n) => n >= 0)))
      assert.deepEqual(figures(totals), sum([told, ...beyond]))
      assert.equal(totals.tokens_estimated, rows.filter((r) => r.tokens_estimated).length)
      assert.ok(totals.cost_usd > 0)
    })

    test('the upstreams saw nothing that is not theirs', async () => {
      const violations = []
      for (const at of Object.values(world.vendors).flat()) {
        await at.reset()
        violations.push(...at.violations)
      }
      assert.deepEqual(violations, [])
    })

    for (const when of ['while it runs', 'after it has ended']) {
      test(`no secret is in the data folder or in what was said, ${when}`, async () => {
        if (when !== 'while it runs') assert.equal(await world.stopServing(), 0)
        const texts = [['what serve and the commands said', Buffer.from(world.said)], ...files(world.data)]
        assert.ok(texts.some(([name]) => name.endsWith('metapi.db')) && texts.some(([name]) => name.endsWith('metapi.log')))
        const found = []
        for (const secret of [...world.secrets, ...Object.values(world.localKeys)]) {
          for (const form of forms(secret)) {
            for (const [name, text] of texts) if (text.includes(form)) found.push(`${secret.slice(0, 8)}... in ${name}`)
          }
        }
        assert.deepEqual(found, [])
      })
    }

    test('the ledger says the same after the end', async () => {
      const after = await world.usage()
      assert.deepEqual(after.totals, report.totals)
      assert.deepEqual(after.rows.map((r) => r.id), report.rows.map((r) => r.id))
    })
  })
}

/** A text as it is, and as it looks in base64 and hex: base64 has three ways to begin, and its ends depend on the neighbours. */
function forms(secret) {
  const list = [secret, Buffer.from(secret).toString('hex')]
  for (let shift = 0; shift < 3; shift++) {
    const padded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
    for (const encoding of ['base64', 'base64url']) list.push(padded.toString(encoding).replace(/=+$/, '').slice(shift ? 4 : 0, -2))
  }
  return list
}

function* files(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    yield [path.slice(dir.length + 1), readFileSync(path)]
  }
}
