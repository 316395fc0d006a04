// Prices questions with genai-prices itself, for the test that compares: reads a JSON list of {provider, model, at, usage}
// from standard input, and writes for each its price in dollars, or null.
import { readFileSync } from 'node:fs'
import { calcPrice } from '@pydantic/genai-prices'

const questions = JSON.parse(readFileSync(0, 'utf8'))
process.stdout.write(JSON.stringify(questions.map(({ provider, model, at, usage }) =>
  calcPrice(usage, model, { providerId: provider, timestamp: new Date(at) })?.total_price ?? null)))
