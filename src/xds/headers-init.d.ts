/** Connect's types use a global of the browser's library that the types of Node leave out. */

type HeadersInit = NonNullable<ConstructorParameters<typeof Headers>[0]>;
