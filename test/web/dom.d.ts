// What the types of playwright-core take from the DOM's: no more than the tests use. The DOM's own would let code for
// Node use what is not there.
interface Node {
  readonly nodeName: string;
}
interface HTMLElement extends Node {
  scrollTop: number;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly top: number };
  querySelector(selector: string): { readonly textContent: string | null } | null;
}
type SVGElement = HTMLElement;
type HTMLElementTagNameMap = Readonly<Record<string, HTMLElement>>;
declare function getComputedStyle(element: Node): { getPropertyValue(name: string): string };
