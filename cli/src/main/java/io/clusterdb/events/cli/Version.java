package io.clusterdb.events.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "events " + (version == null ? "(not packaged)" : version) + " on Java "
                    + Runtime.version().feature()
        };
    }
}
