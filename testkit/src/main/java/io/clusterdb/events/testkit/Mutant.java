package io.clusterdb.events.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * The product with one fault built in: a source file in which one piece of text is replaced by another. A test suite
 * that does not notice is not worth much.
 *
 * @param fault in words
 * @param source the file, below the source folder
 * @param right a piece of text that stands there exactly once
 * @param wrong what it is replaced by
 */
public record Mutant(String fault, String source, String right, String wrong) {
    private static final String PACKAGE = "io.clusterdb.events.";

    /**
     * Compiles the faulty source and loads it, with everything else of the product loaded anew around it.
     *
     * @param sources the source folder of the module
     * @return loads all classes of the product; those of the class path that are not the product's are shared
     */
    public ClassLoader load(Path sources) throws IOException {
        Path file = sources.resolve(source);
        String text = Files.readString(file);
        int first = text.indexOf(right);
        if (first < 0 || text.indexOf(right, first + 1) >= 0) {
            throw new AssertionError(
                    "the mutant '" + fault + "' does not fit: its text stands not exactly once in " + file);
        }
        return new Loader(compile(file, text.replace(right, wrong)));
    }

    private Map<String, byte[]> compile(Path file, String text) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject input = new SimpleJavaFileObject(file.toUri(), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreErrors) {
                return text;
            }
        };
        StringWriter messages = new StringWriter();
        Outputs outputs = new Outputs(compiler.getStandardFileManager(null, null, null));
        List<String> options = List.of("-proc:none", "-nowarn", "-classpath", System.getProperty("java.class.path"));
        if (!compiler.getTask(messages, outputs, null, options, null, List.of(input))
                .call()) {
            throw new AssertionError("the mutant '" + fault + "' does not compile: " + messages);
        }
        Map<String, byte[]> classes = new HashMap<>();
        outputs.classes.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    /** Keeps what is compiled in memory. */
    private static final class Outputs extends ForwardingJavaFileManager<StandardJavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes = new HashMap<>();

        Outputs(StandardJavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                JavaFileManager.Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            classes.put(name, bytes);
            return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return bytes;
                }
            };
        }
    }

    /** Looks for the product's classes here first. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> mutated;

        Loader(Map<String, byte[]> mutated) {
            super(Mutant.class.getClassLoader());
            this.mutated = mutated;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                if (!name.startsWith(PACKAGE)) {
                    return super.loadClass(name, resolve);
                }
                Class<?> known = findLoadedClass(name);
                return known != null ? known : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            byte[] bytes = mutated.get(name);
            if (bytes == null) {
                try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                    if (in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    bytes = in.readAllBytes();
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }

    @Override
    public String toString() {
        return fault;
    }
}
