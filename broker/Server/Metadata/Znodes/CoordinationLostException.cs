#pragma warning disable RCS1194 // A code is always known: the constructors without one would be lies.

using Broker.Coordination;

namespace Broker.Server.Metadata.Znodes;

/// <summary>Coordination did not answer a request: the session is disconnected or expired, or the server has failed.</summary>
internal sealed class CoordinationLostException(Code code, string path) : Exception($"Coordination answered {code} for {path}")
{
    internal Code Code { get; } = code;

    /// <summary>Whether every request fails until the session is connected, or opened, again.</summary>
    internal bool IsCutOff => Code is Code.ConnectionLoss or Code.SessionExpired;
}
