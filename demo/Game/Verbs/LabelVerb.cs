using System.CommandLine;
using System.Text;
using Confluent.Kafka;
using Game.Analysis.Audit;
using Game.Cli.Processes;
using Game.Contracts;

namespace Game.Cli.Verbs;

/// <summary><c>./game label ALERT VERDICT</c>: an analyst's verdict on an alert, written to the topic <c>labels</c>.</summary>
internal static class LabelVerb
{
    private static readonly string[] Verdicts = ["fraud", "honest", "unsure"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        Argument<string> alert = new("ALERT") { Description = "Id of the alert: RULE/VERSION/PARTITION/OFFSET" };
        alert.Validators.Add(result =>
        {
            string? id = result.Tokens.FirstOrDefault()?.Value;
            if (Position(id) is null)
            {
                result.AddError($"'{id}' is no alert's id: it is written RULE/VERSION/PARTITION/OFFSET, as in the column alert_id.");
            }
        });
        Argument<string> verdict = new("VERDICT") { Description = "fraud, honest or unsure" };
        verdict.Validators.Add(result =>
        {
            if (!Verdicts.Contains(result.Tokens.FirstOrDefault()?.Value))
            {
                result.AddError($"A verdict is fraud, honest or unsure, not '{result.Tokens.FirstOrDefault()?.Value}'.");
            }
        });
        Option<string> source = new("--source") { Description = "Who says so", HelpName = "NAME", DefaultValueFactory = _ => Environment.UserName };
        Option<string?> bootstrap = OptionOf.Bootstrap("Kafka with the alerts; else the running system's");
        Command command = new("label", "Say whether an alert was right; the newest verdict on an alert counts") { alert, verdict, source, bootstrap };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string servers = parsed.GetValue(bootstrap) ?? SystemFolder.Active()?.Running()?.Endpoints.BootstrapServers
                ?? throw new UserErrorException("No system runs here: start one with ./game up, or name a Kafka with --bootstrap-server.");
            string id = parsed.GetValue(alert)!;
            Alert found = Find(servers, id, Position(id)!.Value, cancellation);
            Label label = new()
            {
                UserId = found.UserId, Verdict = parsed.GetValue(verdict)!, LabelledAt = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
                Source = parsed.GetValue(source)!,
            };
            Write(servers, id, label);
            Console.WriteLine(VisibleText.Escape($"{found.UserId}: {label.Verdict}, says {label.Source}. The alert: {found.Reason}"));
            return 0;
        }, cancellation));
        return command;
    }

    /// <summary>The partition in an alert's id; null where it is none.</summary>
    internal static int? Position(string? id) => id?.Split('/') is [{ Length: > 0 }, { Length: > 0 }, var partition, var offset]
        && int.TryParse(partition, out int number) && number >= 0 && long.TryParse(offset, out long at) && at >= 0 ? number : null;

    // An alert of input partition p is in partition p.
    private static Alert Find(string servers, string id, int partition, CancellationToken cancellation)
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(servers, "label")).SetLogHandler((_, _) => { }).Build();
        bool isThere = admin.GetMetadata(Topics.Alerts, Patience).Topics[0].Partitions.Exists(one => one.PartitionId == partition);
        foreach (AuditRecord record in isThere ? new TopicReader(servers).ReadPartition(Topics.Alerts, partition, cancellation) : [])
        {
            if (ContractJson.TryDecode(record.Value, out Alert alert, out _) && alert.AlertId == id)
            {
                return alert;
            }
        }
        throw new UserErrorException($"There is no alert '{VisibleText.Escape(id)}' in the topic {Topics.Alerts} at {servers}.");
    }

    private static void Write(string servers, string id, Label label)
    {
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(servers, "label")).SetLogHandler((_, _) => { }).Build();
        Message<byte[], byte[]> message = new()
        {
            Key = Encoding.UTF8.GetBytes(id), Value = ContractJson.Encode(label), Headers = Schemas.Headers(Schemas.Label),
        };
        Error? failure = null;
        producer.Produce(Topics.Labels, message, report => failure = report.Error);
        producer.Flush(Patience);
        if (failure is not { IsError: false })
        {
            throw new UserErrorException($"The verdict was not written to {Topics.Labels} at {servers}: {failure?.Reason ?? "no broker answered"}.");
        }
    }
}
