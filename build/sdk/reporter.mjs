// Shows each test on a line, the table of lane B, failures in full, and counts: the last line is "N passed, N failed, N skipped". Skips are
// named as build/report wants them, which judges them.
import { inspect } from 'node:util'
import { table } from './table.mjs'

export default async function* reporter(events) {
  let passed = 0
  let failed = 0
  let skipped = 0
  const failures = []
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { name, nesting, skip, details } = data
    const indent = '  '.repeat(nesting)
    const suite = details.type === 'suite'
    if (suite) {
      // A suite fails with its tests, which are counted; one that fails by itself has a cause of its own.
      if (type === 'test:fail' && details.error?.failureType !== 'subtestsFailed') {
        failed++
        failures.push([name, details.error])
      }
      yield `${indent}${name}\n`
    } else if (skip !== undefined) {
      skipped++
      yield `skip Test ${name}: ${skip}\n`
    } else if (type === 'test:fail') {
      failed++
      failures.push([name, details.error])
      yield `${indent}FAILED ${name}\n`
    } else {
      passed++
      yield `${indent}ok ${name} (${Math.round(details.duration_ms)} ms)\n`
    }
  }
  if (table.columns.length) yield `\n${table}`
  for (const [name, error] of failures) yield `\nFAILED ${name}\n${inspect(error?.cause ?? error, { depth: 5 })}\n`
  if (passed === 0 && failed === 0) failed = 1
  yield `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`
}
