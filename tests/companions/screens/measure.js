// What a reader would stumble over on the page as it is shown now: what sticks out, what is cut, what is hard to read.
(() => {
  const width = document.documentElement.clientWidth;
  const name = (element) => {
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}${element.className && element.className.baseVal === undefined ? "." + element.className : ""} "${text}"`;
  };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
  const backdrop = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reverse().reduce((bottom, top) => over(top, bottom), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => {
    const part = (value) => ((value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const contrast = (one, two) => {
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isShown = (element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return style.visibility !== "hidden" && style.display !== "none" && box.width > 1 && box.height > 1;
  };
  const scope = document.querySelector(SCOPE) || document.body;
  const sticksOut = [], isCut = [], texts = [], lines = [];
  for (const element of scope.querySelectorAll("*")) {
    if (!isShown(element)) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const frame = element.closest(".card")?.getBoundingClientRect();
    if (box.right > Math.min(width, frame?.right ?? width) + 1 || box.left < -1) sticksOut.push(name(element));
    const isClipped = style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
    if (isClipped && !(element instanceof SVGElement)) isCut.push(name(element));
    const svg = element.closest("svg");
    if (element.matches("svg .pay, svg circle, svg rect")) {
      const paint = style.stroke !== "none" ? style.stroke : style.fill;
      lines.push({ what: name(svg), ratio: contrast(rgba(paint), backdrop(svg.parentElement)) });
    }
    if (element.matches(".plot .bar")) {
      lines.push({ what: name(element), ratio: contrast(rgba(style.borderRightColor), backdrop(element.parentElement)) });
    }
    if (element.matches("svg.panel text")) {
      const behind = backdrop(svg.parentElement);
      const size = parseFloat(style.fontSize) * (svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
      texts.push({ what: name(element), ratio: contrast(rgba(style.fill), behind), size });
    }
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || svg) continue;
    const behind = backdrop(element);
    texts.push({ what: name(element), ratio: contrast(over(rgba(style.color), behind), behind), size: parseFloat(style.fontSize) });
  }
  return {
    width,
    scrollWidth: document.documentElement.scrollWidth,
    height: document.documentElement.scrollHeight,
    sticksOut,
    isCut,
    texts,
    lines,
  };
})()
