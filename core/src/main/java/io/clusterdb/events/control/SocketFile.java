package io.clusterdb.events.control;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The address of a socket in a folder. The operating system takes only about 108 bytes as the path of a socket; a
 * longer one is reached by its way from the current folder, or through a short symbolic link.
 */
final class SocketFile implements AutoCloseable {
    /** macOS takes 104, Linux 108, both with an end mark. */
    private static final int MAX_BYTES = 100;

    private final Path path;
    private final @Nullable Path link;

    private SocketFile(Path path, @Nullable Path link) {
        this.path = path;
        this.link = link;
    }

    /** @throws IOException when there is no way that is short enough */
    static SocketFile in(Path folder, String name) throws IOException {
        Path whole = folder.toAbsolutePath().normalize().resolve(name);
        Path here = Path.of("").toAbsolutePath();
        Path way = whole.getRoot().equals(here.getRoot()) ? here.relativize(whole) : whole;
        for (Path path : List.of(whole, way)) {
            if (fits(path)) {
                return new SocketFile(path, null);
            }
        }
        Path home = Files.createTempDirectory("ev");
        Path link = Files.createSymbolicLink(home.resolve("d"), whole.getParent());
        SocketFile linked = new SocketFile(link.resolve(name), link);
        if (!fits(linked.path)) {
            linked.close();
            throw new IOException("the path of a socket has at most " + MAX_BYTES + " bytes here, and neither " + whole
                    + " nor a link to it in " + home.getParent() + " is as short");
        }
        return linked;
    }

    private static boolean fits(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }

    UnixDomainSocketAddress address() {
        return UnixDomainSocketAddress.of(path);
    }

    /** Removes the link, if there is one. What is connected or bound stays. */
    @Override
    public void close() throws IOException {
        if (link != null) {
            Files.deleteIfExists(link);
            Files.deleteIfExists(link.getParent());
        }
    }
}
