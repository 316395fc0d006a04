// All the SDKs as clients of one Metapi. Run by build/sdk/test.
import { after, before, describe } from 'node:test'
import { afterwards } from './afterwards.mjs'
import { anthropic } from './anthropic.mjs'
import { genai } from './genai.mjs'
import { laneB } from './laneb.mjs'
import { openAI } from './openai.mjs'
import { state } from './state.mjs'
import { tinyLM } from './tinylm.mjs'
import { World } from './world.mjs'

const world = new World()
before(() => world.start())
after(() => world.end())

// Vendors do not meet: their tests may run side by side. Lane B comes after them, since it adds accounts, and they count models.
describe('SDKs', { concurrency: 4 }, () => {
  openAI(world)
  anthropic(world)
  genai(world)
  state(world)
  tinyLM(world)
})
laneB(world)
afterwards(world)
