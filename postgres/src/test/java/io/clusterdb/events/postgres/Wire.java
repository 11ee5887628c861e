package io.clusterdb.events.postgres;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** A wire to a server that can break: at the next question, or at the next answer. */
final class Wire implements AutoCloseable {
    private final ServerSocket entry;
    private final int server;
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private volatile boolean cut;

    Wire(int server) throws IOException {
        this.server = server;
        this.entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return entry.getLocalPort();
    }

    /** Breaks the connection that sends the next question, before the server gets it. */
    void breakAtQuestion() {
        questions.set(1);
    }

    /** Breaks the connection on which the next answer comes, before the client gets it. */
    void breakAtAnswer() {
        answers.set(1);
    }

    /** As {@link #breakAtAnswer}, and nobody gets to the server any more. */
    void cutAtAnswer() {
        cut = true;
        breakAtAnswer();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = entry.accept();
                if (cut) {
                    client.close();
                    continue;
                }
                Socket target = new Socket(InetAddress.getLoopbackAddress(), server);
                Thread.ofVirtual().start(() -> carry(client, target, questions));
                Thread.ofVirtual().start(() -> carry(target, client, answers));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void carry(Socket from, Socket to, AtomicInteger breaks) {
        byte[] buffer = new byte[65_536];
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            int count = in.read(buffer);
            while (count >= 0 && !breaks.compareAndSet(1, 0)) {
                out.write(buffer, 0, count);
                count = in.read(buffer);
            }
        } catch (IOException e) {
            // the other direction has ended
        }
    }

    @Override
    public void close() throws IOException {
        ((Closeable) entry).close();
    }
}
