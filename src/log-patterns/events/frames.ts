/** One frame of a stack trace: where it is, and whether that is code of a library or of the runtime. */
interface Frame {
  readonly place: string;
  readonly foreign: boolean;
}

const FOREIGN_CLASSES =
  'java. javax. jdk. sun. com.sun. jakarta. kotlin. kotlinx. scala. akka. groovy. clojure. org.springframework. org.apache. org.hibernate. org.eclipse. org.jboss. org.postgresql. org.slf4j. org.mariadb. org.junit. io.netty. io.grpc. io.vertx. io.quarkus. io.micrometer. io.undertow. reactor. com.zaxxer. com.mysql. com.fasterxml. com.google.common. okhttp3. redis.clients. io.lettuce. System. Microsoft. Npgsql. Dapper. MySql. StackExchange. Polly. Grpc. lambda_method'.split(
    ' ',
  );
const FOREIGN_PATHS = [
  'node_modules/',
  'node:',
  'internal/',
  'site-packages/',
  'dist-packages/',
  '<frozen',
  '/lib/python',
  '/usr/local/go/',
  '/usr/lib/go',
  '/pkg/mod/',
  '/vendor/',
  '/gems/',
  '/lib/ruby/',
  '[internal function]',
  '<internal:',
];

/** The frame that a line of a stack trace tells; null when it tells none. `before` is the line before it. */
export function frameOf(line: string, before: string): Frame | null {
  const text = line.trim();
  if (text.startsWith('at ')) return frameBehindAt(text.slice(3));
  if (text.startsWith('File "')) return pythonFrame(text);
  if (text.startsWith('from ')) return pathFrame(text.slice(5));
  if (/^#\d{1,4} /.test(text)) return phpFrame(text.slice(text.indexOf(' ') + 1));
  if (line.startsWith('\t') && (text.startsWith('/') || /^[A-Za-z]:\//.test(text)) && text.includes('.go:'))
    return goFrame(text, before);
  return /^[^\s:]{1,300}\.rb:\d{1,7}:in /.test(text) ? pathFrame(text) : null;
}

/** Java and .NET name classes, Node names files. */
function frameBehindAt(text: string): Frame {
  const place = (text.startsWith('async ') ? text.slice(6) : text).replace(/ \{$/, '');
  const isPath = place.includes('/') || place.includes('\\') || place.includes('node:');
  const dotNet = place.indexOf(') in ');
  if (isPath && dotNet === -1 && !/\([A-Za-z]\w{0,100}\.(?:java|kt|scala|groovy)(?::\d{1,7})?\)/.test(place))
    return pathFrame(place);
  // `app//`, `java.base/` and the like stand before the class in newer versions of Java.
  const slash = place.lastIndexOf('/', place.indexOf('('));
  const name = dotNet === -1 && slash !== -1 ? place.slice(slash + 1) : place;
  return { place: name, foreign: FOREIGN_CLASSES.some((prefix) => name.startsWith(prefix)) };
}

function pathFrame(place: string): Frame {
  const path = place.replaceAll('\\', '/');
  return {
    place,
    foreign:
      FOREIGN_PATHS.some((part) => path.includes(part)) || place === '<anonymous>' || place.startsWith('new Promise'),
  };
}

function pythonFrame(text: string): Frame {
  const end = text.indexOf('"', 6);
  const [, line = '?', name = '?'] = /^, line (\d{1,7}), in (\S{1,200})/.exec(text.slice(end + 1)) ?? [];
  return pathFrame(`${text.slice(6, end === -1 ? undefined : end)}:${line} in ${name}`);
}

function phpFrame(text: string): Frame {
  return text.startsWith('{main}') ? { place: text, foreign: true } : pathFrame(text);
}

/** The function stands on the line before the file. */
function goFrame(text: string, before: string): Frame {
  const plus = text.lastIndexOf(' +0x');
  const place = plus === -1 ? text : text.slice(0, plus);
  const paren = before.lastIndexOf('(');
  const name = (paren > 0 ? before.slice(0, paren) : before).trim();
  const runtime = name.startsWith('runtime.') || name.startsWith('panic') || name.startsWith('created by runtime');
  return { place: `${name} ${place}`, foreign: runtime || pathFrame(place).foreign };
}
