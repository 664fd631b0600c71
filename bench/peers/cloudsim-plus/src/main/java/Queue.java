import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.cloudsimplus.brokers.DatacenterBrokerSimple;
import org.cloudsimplus.cloudlets.Cloudlet;
import org.cloudsimplus.cloudlets.CloudletSimple;
import org.cloudsimplus.core.CloudSimPlus;
import org.cloudsimplus.datacenters.DatacenterSimple;
import org.cloudsimplus.hosts.Host;
import org.cloudsimplus.hosts.HostSimple;
import org.cloudsimplus.resources.Pe;
import org.cloudsimplus.resources.PeSimple;
import org.cloudsimplus.schedulers.cloudlet.CloudletSchedulerSpaceShared;
import org.cloudsimplus.util.Log;
import org.cloudsimplus.utilizationmodels.UtilizationModelFull;
import org.cloudsimplus.vms.Vm;
import org.cloudsimplus.vms.VmSimple;

/** One VM of as many cores as there are servers, space-shared: its cloudlets wait in one queue for a free core. */
public final class Queue {
  private static final int MIPS = 1000;

  public static void main(final String[] arguments) throws Exception {
    Log.setLevel(Level.OFF);
    final List<String> jobs = Files.readAllLines(Path.of(arguments[0]));
    final List<String> tasks = Files.readAllLines(Path.of(arguments[1]));
    final int servers = Integer.parseInt(arguments[2]);
    final CloudSimPlus simulation = new CloudSimPlus(0.001);
    final List<Pe> cores = new ArrayList<>();
    for (int core = 0; core < servers; core++) cores.add(new PeSimple(MIPS));
    final Host host = new HostSimple(65_536, 10_000, 1_000_000, cores);
    new DatacenterSimple(simulation, List.of(host));
    final DatacenterBrokerSimple broker = new DatacenterBrokerSimple(simulation);
    final Vm vm = new VmSimple(MIPS, servers);
    vm.setRam(1024).setBw(1000).setSize(1000).setCloudletScheduler(new CloudletSchedulerSpaceShared());
    broker.submitVm(vm);
    final int count = jobs.size() - 1;
    final List<Cloudlet> cloudlets = new ArrayList<>(count);
    for (int row = 1; row <= count; row++) {
      final double submit = Double.parseDouble(jobs.get(row).split(",")[1]);
      final double seconds = Double.parseDouble(tasks.get(row).split(",")[2]);
      final Cloudlet cloudlet = new CloudletSimple(Math.max(1, Math.round(seconds * MIPS)), 1);
      // The core alone: a model given for everything would have each cloudlet fill the memory too, and wait for it.
      cloudlet.setUtilizationModelCpu(new UtilizationModelFull());
      cloudlet.setSubmissionDelay(submit);
      cloudlets.add(cloudlet);
    }
    broker.submitCloudletList(cloudlets);
    simulation.start();
    double waits = 0;
    for (final Cloudlet cloudlet : broker.getCloudletFinishedList()) waits += cloudlet.getStartTime() - cloudlet.getSubmissionDelay();
    final int finished = broker.getCloudletFinishedList().size();
    System.out.printf(Locale.ROOT, "{\"jobs\": %d, \"meanWaitS\": %f}%n", finished, waits / finished);
  }
}
