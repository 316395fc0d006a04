// Writes what the pinned package genai-prices knows, as it publishes it, to standard output. The package ships code and no data file;
// waitForUpdate() gives its whole list when nothing was ever fetched.
import { waitForUpdate } from '@pydantic/genai-prices'

process.stdout.write(JSON.stringify(await waitForUpdate()))
