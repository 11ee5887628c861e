package io.clusterdb.events.control;

import io.clusterdb.events.Events;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Requests of this process to itself: all on the caller's thread. */
final class LocalControl implements Control {
    private final RequestDispatcher dispatcher;

    LocalControl(Events events) {
        this.dispatcher = new RequestDispatcher(events);
    }

    @Override
    public JsonNode call(ObjectNode request, Items items) {
        return dispatcher.handle(request, new Direct(items));
    }

    @Override
    public void close() {
        // Nothing was opened: the broker is its opener's to close.
    }

    private static final class Direct implements Exchange {
        private final Items items;
        private boolean open = true;
        private @Nullable Consumer<JsonNode> listener;

        Direct(Items items) {
            this.items = items;
        }

        @Override
        public boolean item(JsonNode item) {
            open = open && items.item(item, this::reply);
            return open;
        }

        private void reply(ObjectNode reply) {
            if (listener != null) {
                listener.accept(reply);
            }
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void onReply(Consumer<JsonNode> replies) {
            listener = replies;
        }
    }
}
