// Prints what nsfwjs itself says about images of 224 x 224. tests/inference/safety/test_safety.py compares with it.
//     npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz && npm install @tensorflow/tfjs
//     node scripts/compare_nsfw.mjs package PICTURE.rgb …        each 224 * 224 * 3 bytes, as inference.safety.verdict.looks returns them
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.resolve('here.js'))
const tf = require('@tensorflow/tfjs')
const [, , folder, ...pictures] = process.argv
const bundle = (name) => require(path.resolve(folder, 'dist/models/mobilenet_v2', `${name}.min.js`))
const { modelTopology, weightsManifest } = bundle('model')
const weightData = new Uint8Array(Buffer.from(bundle('group1-shard1of1'), 'base64')).buffer

await tf.setBackend('cpu')
const model = await tf.loadLayersModel({
  load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
})
for (const picture of pictures) {
  const pixels = tf.tensor(new Uint8Array(readFileSync(picture)), [1, 224, 224, 3], 'int32')
  const classes = await model.predict(pixels.toFloat().div(255)).data()
  console.log(picture, Array.from(classes, (value) => value.toFixed(4)).join(' '))
}
