check_PROGRAMS += t/session/scenario
t_session_scenario_SOURCES = \
	t/session/dicts.c \
	t/session/dicts.h \
	t/session/mem.c \
	t/session/mem.h \
	t/session/scenario.c \
	t/session/script.c \
	t/session/script.h \
	t/session/settings.c \
	t/session/settings.h
session_libs = libsession.a libdictxml.a libdict.a libfix.a libbase.a
t_session_scenario_LDADD = $(session_libs) $(LIBXML2_LIBS)

check_PROGRAMS += t/session/check_session
TESTS += t/session/check_session
t_session_check_session_SOURCES = \
	t/session/check_session.c \
	t/session/check_table.c \
	t/session/helpers.c \
	t/session/helpers.h \
	t/session/mem.c \
	t/session/mem.h
t_session_check_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_session_check_session_LDADD = libsession.a libdict.a libfix.a libbase.a \
	$(CHECK_LIBS)

check_PROGRAMS += t/session/check_pair
TESTS += t/session/check_pair
t_session_check_pair_SOURCES = \
	t/session/check_pair.c \
	t/session/mem.c \
	t/session/mem.h
t_session_check_pair_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_session_check_pair_LDADD = libsession.a libdict.a libfix.a libbase.a \
	$(CHECK_LIBS)

# One file for each case of the session standard, and for our own; see
# scenario.c.
session_scenarios = \
	t/session/10_DuplicateGapFillNoOrig.fix \
	t/session/10_MsgSeqNumEqual.fix \
	t/session/10_MsgSeqNumGreater.fix \
	t/session/10_MsgSeqNumLess.fix \
	t/session/11a_NewSeqNoGreater.fix \
	t/session/11b_NewSeqNoEqual.fix \
	t/session/11c_GapFillBackwards.fix \
	t/session/11c_InvalidGapFill.fix \
	t/session/11c_NewSeqNoLess.fix \
	t/session/13b_UnsolicitedLogoutMessage.fix \
	t/session/14a_BadField.fix \
	t/session/14b_RequiredFieldMissing.fix \
	t/session/14b_RequiredFieldMissing_4.4.fix \
	t/session/14b_RequiredFieldMissing_D.fix \
	t/session/14b_RequiredFieldMissing_FIXT.fix \
	t/session/14c_TagNotDefinedForMsgType.fix \
	t/session/14c_TagNotDefinedForMsgType_FIXT.fix \
	t/session/14d_TagSpecifiedWithoutValue.fix \
	t/session/14e_IncorrectEnumValue.fix \
	t/session/14e_IncorrectEnumValue_SecurityType_4.2.fix \
	t/session/14e_IncorrectEnumValue_SecurityType_4.4.fix \
	t/session/14f_IncorrectDataFormat.fix \
	t/session/14g_HeaderBodyTrailerFieldsOutOfOrder.fix \
	t/session/14h_RepeatedTag.fix \
	t/session/14i_RepeatingGroupCountNotEqual.fix \
	t/session/15_HeaderAndBodyFieldsOrderedDifferently.fix \
	t/session/19a_PossResendMessageThatHAsAlreadyBeenSent.fix \
	t/session/19b_PossResendMessageThatHasNotBeenSent.fix \
	t/session/1a_ValidLogonMsgSeqNumTooHigh.fix \
	t/session/1a_ValidLogonMsgSeqNumTooHigh_FIXT.fix \
	t/session/1a_ValidLogonWithCorrectMsgSeqNum.fix \
	t/session/1c_InvalidSenderCompID.fix \
	t/session/1c_InvalidTargetCompID.fix \
	t/session/1d_InvalidLogonBadSendingTime.fix \
	t/session/1d_InvalidLogonLengthInvalid.fix \
	t/session/1d_InvalidLogonNoDefaultApplVerID.fix \
	t/session/1d_InvalidLogonWrongBeginString.fix \
	t/session/1e_NotLogonMessage.fix \
	t/session/20_SimultaneousResendRequest.fix \
	t/session/21_RepeatingGroupSpecifierWithValueOfZero.fix \
	t/session/21_RepeatingGroupSpecifierWithValueOfZero_4.3.fix \
	t/session/21_RepeatingGroupSpecifierWithValueOfZero_5.0SP1.fix \
	t/session/2a_MsgSeqNumCorrect.fix \
	t/session/2b_MsgSeqNumTooHigh.fix \
	t/session/2c_MsgSeqNumTooLow.fix \
	t/session/2d_GarbledMessage.fix \
	t/session/2e_PossDupAlreadyReceived.fix \
	t/session/2e_PossDupNotReceived.fix \
	t/session/2f_PossDupOrigSendingTimeTooHigh.fix \
	t/session/2g_PossDupBadOrigSendingTime.fix \
	t/session/2g_PossDupNoOrigSendingTime.fix \
	t/session/2i_BeginStringValueUnexpected.fix \
	t/session/2i_BeginStringValueUnexpected_FIXT.fix \
	t/session/2k_CompIDDoesNotMatchProfile_both.fix \
	t/session/2k_CompIDDoesNotMatchProfile_sender.fix \
	t/session/2k_CompIDDoesNotMatchProfile_target.fix \
	t/session/2m_BodyLengthValueNotCorrect.fix \
	t/session/2o_SendingTimeInRange.fix \
	t/session/2o_SendingTimeValueOutOfRange_future.fix \
	t/session/2o_SendingTimeValueOutOfRange_past.fix \
	t/session/2q_MsgTypeNotValid.fix \
	t/session/2r_UnregisteredMsgType_4.0.fix \
	t/session/2r_UnregisteredMsgType_4.1.fix \
	t/session/2r_UnregisteredMsgType_4.2.fix \
	t/session/2r_UnregisteredMsgType_4.4.fix \
	t/session/2r_UnregisteredMsgType_FIXT.fix \
	t/session/2r_UnregisteredMsgType_resend.fix \
	t/session/2t_FirstThreeFieldsOutOfOrder.fix \
	t/session/3b_InvalidChecksum.fix \
	t/session/3c_GarbledMessage.fix \
	t/session/4_NoHeartbeats.fix \
	t/session/4a_NoDataSentDuringHeartBtInt.fix \
	t/session/4b_ReceivedTestRequest.fix \
	t/session/6_NewConnection.fix \
	t/session/6_SendTestRequest.fix \
	t/session/7_InvalidReject.fix \
	t/session/7_ReceiveRejectMessage.fix \
	t/session/8_AdminAndApplicationMessages.fix \
	t/session/8_OnlyAdminMessages.fix \
	t/session/8_OnlyApplicationMessages.fix \
	t/session/AllowPosDup.fix \
	t/session/AllowPosDup_not.fix \
	t/session/CancelOnDisconnect.fix \
	t/session/CancelOnDisconnectTimeout.fix \
	t/session/CancelOnDisconnect_logout.fix \
	t/session/CheckCompID_off.fix \
	t/session/CheckFieldsHaveValues.fix \
	t/session/CheckFieldsHaveValues_off.fix \
	t/session/CheckLatency_off.fix \
	t/session/ClosedResendInterval.fix \
	t/session/CmeEnhancedResend.fix \
	t/session/CmeEnhancedResend_TooMany.fix \
	t/session/DisableHeartBeatCheck.fix \
	t/session/Echo141.fix \
	t/session/Echo141_4.0.fix \
	t/session/EnableLastMsgSeqNumProcessed.fix \
	t/session/EnableLastMsgSeqNumProcessed_old.fix \
	t/session/FIXT_50.fix \
	t/session/FIXT_ApplVerID.fix \
	t/session/FIXT_ApplVerIDUnknown.fix \
	t/session/FIXT_DefaultApplVerID.fix \
	t/session/FIXT_DefaultApplVerIDUnknown.fix \
	t/session/FIXT_DefaultApplVerIDUnknown_off.fix \
	t/session/FIXT_SP1.fix \
	t/session/GapfillOnReplayMessageTypes.fix \
	t/session/HeartBeatTimeoutMultiplier.fix \
	t/session/HeartBtIntMin.fix \
	t/session/HeartBtIntOverride.fix \
	t/session/IgnorePossDupResendRequests.fix \
	t/session/LogoutResponderCloses.fix \
	t/session/LogoutResponderCloses_PeerCloses.fix \
	t/session/MaxEarlyMessages.fix \
	t/session/MaxLatency.fix \
	t/session/MaxResendAge.fix \
	t/session/MaxResendMessages.fix \
	t/session/MaxSequenceJump.fix \
	t/session/PersistMessages.fix \
	t/session/RefusedLogon.fix \
	t/session/RefusedLogon_unknown.fix \
	t/session/RejectGarbledMessage.fix \
	t/session/RejectGarbledMessage_17.fix \
	t/session/RejectGarbledMessage_off.fix \
	t/session/RejectInvalidMessage_off.fix \
	t/session/RejectResentMessage.fix \
	t/session/RepeatedResendLimit.fix \
	t/session/RequiresOrigSendingTime_off.fix \
	t/session/ResendRequestChunkSize.fix \
	t/session/ResendRequestTimeout.fix \
	t/session/ResendSessionLevelRejects.fix \
	t/session/ReverseRoute.fix \
	t/session/ReverseRouteWithEmptyRoutingTags.fix \
	t/session/ReverseRouteWithEmptyRoutingTags_4.0.fix \
	t/session/ReverseRoute_4.0.fix \
	t/session/SendLogoutBeforeDisconnectFromTimeout.fix \
	t/session/SendNextExpectedMsgSeqNum.fix \
	t/session/SendNextExpectedMsgSeqNum_Asks.fix \
	t/session/SendNextExpectedMsgSeqNum_Reset.fix \
	t/session/SendNextExpectedMsgSeqNum_TooHigh.fix \
	t/session/SendNextExpectedMsgSeqNum_initiator.fix \
	t/session/SendNextExpectedMsgSeqNum_old.fix \
	t/session/SendRedundantResendRequests.fix \
	t/session/SessionReset.fix \
	t/session/SessionReset_FIXT.fix \
	t/session/SessionReset_Interval.fix \
	t/session/StrictAdminSeqNum.fix \
	t/session/StrictAdminSeqNum_TooLow.fix \
	t/session/TestReqIDUnique.fix \
	t/session/TestRequestDelayMultiplier.fix \
	t/session/ThrottleAction.fix \
	t/session/ThrottleNoMsgs.fix \
	t/session/ThrottleNoMsgs_4.0.fix \
	t/session/ThrottleTimeInterval.fix \
	t/session/UseDataDictionary_off.fix \
	t/session/ValidateIncomingMessage_off.fix \
	t/session/ValidateSequenceNumbers.fix \
	t/session/ValidateSequenceNumbers_Logon.fix \
	t/session/acceptor_Encryption.fix \
	t/session/acceptor_GarbledFirst.fix \
	t/session/acceptor_HeartBtIntTooBig.fix \
	t/session/acceptor_LogonTimeout.fix \
	t/session/acceptor_LogonTooLow.fix \
	t/session/acceptor_OperatorReset.fix \
	t/session/acceptor_ResetAsked.fix \
	t/session/acceptor_ResetNeedsOne.fix \
	t/session/acceptor_ResetOnDisconnect.fix \
	t/session/acceptor_ResetOnLogout.fix \
	t/session/early_BehindResendRequest.fix \
	t/session/early_DoesNotAge.fix \
	t/session/early_PassedByReset.fix \
	t/session/early_ResendRequest.fix \
	t/session/early_TwoGaps.fix \
	t/session/gap_EndsWithConnection.fix \
	t/session/gap_FilledFromBefore.fix \
	t/session/gap_KeepsResendRequest.fix \
	t/session/gap_NeverFilled.fix \
	t/session/gap_Progress.fix \
	t/session/initiator_AnswerNotLogon.fix \
	t/session/initiator_DefaultApplVerID.fix \
	t/session/initiator_DefaultApplVerIDUnknown.fix \
	t/session/initiator_Logon.fix \
	t/session/initiator_LogonAnswerTooHigh.fix \
	t/session/initiator_LogonAnswerTooLow.fix \
	t/session/initiator_LogonRejected.fix \
	t/session/initiator_LogonTurnedDown.fix \
	t/session/initiator_Logon_FIXT.fix \
	t/session/initiator_NoAnswer.fix \
	t/session/initiator_PeerResets.fix \
	t/session/initiator_ReconnectGoesOn.fix \
	t/session/initiator_ResetOnLogon.fix \
	t/session/recv_DuplicateNotValidated.fix \
	t/session/recv_NoMsgSeqNum.fix \
	t/session/resend_AskedTwice.fix \
	t/session/resend_BeyondTheEnd.fix \
	t/session/resend_CutByDisconnect.fix \
	t/session/resend_CutByLogout.fix \
	t/session/resend_CutByReset.fix \
	t/session/resend_HeldTooLong.fix \
	t/session/resend_NoNumber.fix \
	t/session/resend_NoNumber_undefined.fix \
	t/session/resend_NotPastHeld.fix \
	t/session/resend_OwnOrigSendingTime.fix \
	t/session/resend_Rejects.fix \
	t/session/resend_SendsMeanwhile.fix \
	t/session/resend_StopsAtOurLogout.fix \
	t/session/resend_ToTheEndByNumber.fix \
	t/session/reset_InDoubt.fix \
	t/session/schedule_ResetSeqTime.fix \
	t/session/schedule_ResetSeqTimeAcceptor.fix \
	t/session/schedule_ResetSeqTimeAgain.fix \
	t/session/schedule_ResetSeqTimeNoAnswer.fix \
	t/session/schedule_ResetSeqTimeTurnedDown.fix \
	t/session/schedule_WindowBegins.fix \
	t/session/schedule_WindowBeginsOnce.fix \
	t/session/schedule_WindowBeginsUnused.fix \
	t/session/schedule_WindowBeginsWhileOff.fix \
	t/session/schedule_WindowEnds.fix \
	t/session/schedule_WindowEndsBeforeLogon.fix \
	t/session/send_DataOfTheDictionary.fix \
	t/session/send_HeaderFields.fix \
	t/session/send_Hops.fix
TESTS += $(session_scenarios)
EXTRA_DIST += $(session_scenarios)

TESTS += t/session/table.py t/session/live.py t/session/blackbox.py
EXTRA_DIST += t/session/README.md t/session/table.py t/session/live.py \
	t/session/blackbox.py t/session/blackbox.txt
