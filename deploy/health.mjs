// The image's health check: whether every source is connected and every sink open, by the pipelines' own server.
try {
  const answer = await fetch('http://127.0.0.1:9808/readyz');
  console.log((await answer.text()).trim());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(`nothing serves: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
