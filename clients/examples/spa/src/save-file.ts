/** Hands a file to the browser, which saves it as it saves downloads. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: Safari reads the content some time after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
