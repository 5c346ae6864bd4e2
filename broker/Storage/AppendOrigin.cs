namespace Broker.Storage;

/// <summary>Where a batch to append comes from.</summary>
public enum AppendOrigin
{
    /// <summary>A client's produce request: everything is checked.</summary>
    Client,

    /// <summary>A coordinator of this broker (offsets, markers): epochs are checked, sequences are not.</summary>
    Coordinator,

    /// <summary>A copy of what the leader appended: nothing is checked again.</summary>
    Replication,
}
